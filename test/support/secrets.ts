import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** A password in every form in which it is transmitted. */
export function formsOf(password: string, username = "opencode"): readonly string[] {
  const forms = [
    password,
    encodeURIComponent(password),
    Buffer.from(password).toString("base64"),
    Buffer.from(`${username}:${password}`).toString("base64"),
  ];
  return [...new Set(forms)];
}

/** What any base64 text contains that encodes this one, with something before and after it or without. */
export function base64Within(text: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.from("\0".repeat(before) + text);
    // Without the digits that also depend on the neighbours' bits.
    const [first, end] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return bytes.toString("base64").slice(first, end);
  });
}

/** Where any of these texts occurs in files below a folder, as `file: text` with paths relative to the folder. */
export function occurrencesBelow(folder: string, secrets: readonly string[]): readonly string[] {
  return filesBelow(folder).flatMap((file) => {
    const content = contentOf(file);
    return secrets
      .filter((secret) => content.includes(secret))
      .map((secret) => `${path.relative(folder, file)}: ${secret}`);
  });
}

/** The running programs with any of these texts on their command line or in their environment. Linux only. */
export function processesWith(secrets: readonly string[]): {
  readonly lines: readonly string[];
  readonly environmentPids: readonly number[];
} {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const has = (pid: string, file: string): boolean => {
    const content = contentOf(`/proc/${pid}/${file}`);
    return secrets.some((secret) => content.includes(secret));
  };
  return {
    lines: pids
      .filter((pid) => has(pid, "cmdline"))
      .map((pid) => contentOf(`/proc/${pid}/cmdline`).toString().replaceAll("\0", " ")),
    environmentPids: pids.filter((pid) => has(pid, "environ")).map(Number),
  };
}

/** Whether a running program was started by another one, directly or not. Linux only. */
export function isStartedBy(pid: number, ancestor: number): boolean {
  const [, parent] =
    /^PPid:\s*(\d+)$/m.exec(contentOf(`/proc/${String(pid)}/status`).toString()) ?? [];
  const parentPid = Number(parent ?? 0);
  return parentPid === ancestor || (parentPid > 1 && isStartedBy(parentPid, ancestor));
}

/** The paths of all files below a folder. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0); // gone, or owned by another user
  }
}
