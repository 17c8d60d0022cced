import { randomBytes } from "node:crypto";

let lastMs = 0;
let count = 0;

/** An id like OpenCode's: a prefix, then a part that ascends with time, then a random part. */
export function newID(prefix: "ses" | "msg" | "evt" | "per" | "frm" | "prt"): string {
  const nowMs = Date.now();
  count = nowMs === lastMs ? count + 1 : 0;
  lastMs = nowMs;
  const time = nowMs.toString(16).padStart(12, "0");
  return `${prefix}_${time}${count.toString(16).padStart(3, "0")}${randomBytes(6).toString("hex")}`;
}
