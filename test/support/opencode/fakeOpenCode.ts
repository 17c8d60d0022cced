import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * What the fake program does: serve like OpenCode 1, serve something else, exit immediately, never listen,
 * listen on all interfaces, serve through a script that starts the real program, or ignore requests to exit.
 */
export type FakeMode =
  | "serve"
  | "somethingElse"
  | "fail"
  | "silent"
  | "everywhere"
  | "wrapped"
  | "stubborn"
  | "crashSoon";

const SOURCE = String.raw`
const http = require("node:http");
const { spawn } = require("node:child_process");
const mode = process.env.FAKE_MODE ?? "serve";
const args = process.argv.slice(2).join(" ");
if (args !== "serve --hostname 127.0.0.1 --port 0") { console.error("odd arguments: " + args); process.exit(2); }
if (process.env.ELECTRON_RUN_AS_NODE) { console.error("the editor's environment came along"); process.exit(2); }
if (mode === "fail") {
  console.error("first line\n\u001b[31mError: the config is broken\u001b[0m\n");
  process.exit(3);
}
if (mode === "silent") setInterval(() => {}, 1000);
else if (mode === "wrapped") {
  const child = spawn(process.execPath, process.argv.slice(1), { stdio: "inherit", env: { ...process.env, FAKE_MODE: "serve" } });
  require("node:fs").writeFileSync(process.env.FAKE_PID_FILE, String(child.pid));
} else {
  if (mode === "stubborn") process.on("SIGTERM", () => {});
  const wanted = "Basic " + Buffer.from("opencode:" + process.env.OPENCODE_SERVER_PASSWORD).toString("base64");
  const server = http.createServer((request, response) => {
    if (mode === "somethingElse") { response.setHeader("content-type", "text/html"); response.end("<html>"); return; }
    if (request.headers.authorization !== wanted) { response.statusCode = 401; response.end(); return; }
    response.setHeader("content-type", "application/json");
    if (request.url === "/global/health") response.end(JSON.stringify({ healthy: true, version: "1.18.33" }));
    else { response.statusCode = 404; response.end("{}"); }
  });
  server.listen(0, "127.0.0.1", () => {
    const host = mode === "everywhere" ? "10.0.0.7" : "127.0.0.1";
    console.log("Warning: something\nopencode server listening on http://" + host + ":" + server.address().port);
    if (mode === "crashSoon") setTimeout(() => { console.error("Panic: out of luck"); process.exit(9); }, 400);
  });
}
`;

/** Writes the fake program to a folder and returns its path. */
export function writeFakeOpenCode(folder: string): string {
  const file = path.join(folder, "opencode");
  writeFileSync(file, `#!${process.execPath}\n${SOURCE}`);
  chmodSync(file, 0o755);
  return file;
}
