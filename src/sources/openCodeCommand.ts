/** How an OpenCode process was started, as far as it matters for finding its server. */
export interface OpenCodeCommand {
  /** True when the command line alone says that it listens: `serve`, `web`, or an explicit `--port`. */
  readonly listens: boolean;
  /** The port it was told to use; undefined when none or 0 was given, then only its sockets tell. */
  readonly port: number | undefined;
  /** The address it was told to listen on. */
  readonly hostname: string | undefined;
}

/** Options that take the next word as their value, so that it is not mistaken for the command. */
const OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set([
  "--port",
  "--hostname",
  "--mdns-domain",
  "--cors",
  "--log-level",
  "--model",
  "-m",
  "--session",
  "-s",
  "--prompt",
  "--agent",
  "--replay-limit",
]);

/**
 * Reads the words of a command line. Undefined when the program is not called `opencode`. That a process is
 * called so proves nothing: whoever answers at its port is asked before it counts as a server.
 */
export function parseOpenCodeCommand(words: readonly string[]): OpenCodeCommand | undefined {
  const [program, ...rest] = words;
  if (program === undefined || !isOpenCodeProgram(program)) return undefined;
  let command: string | undefined;
  let port: number | undefined;
  let hostname: string | undefined;
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? "";
    if (word === "--") break;
    if (!word.startsWith("-")) {
      command ??= word;
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    let value = equals < 0 ? undefined : word.slice(equals + 1);
    if (value === undefined && OPTIONS_WITH_VALUE.has(name)) value = rest[++index];
    if (value === undefined) continue;
    if (name === "--port") port = portOf(value);
    if (name === "--hostname" && value !== "") hostname = value;
  }
  return {
    listens: command === "serve" || command === "web" || port !== undefined,
    port,
    hostname,
  };
}

/** Whether a path or name of a program is OpenCode's: as installed, on Windows, or wrapped by a package system. */
export function isOpenCodeProgram(program: string): boolean {
  const name = program.split(/[\\/]/).at(-1) ?? "";
  // Elsewhere than on Windows capitals differ: `OpenCode` is the desktop application's window, which listens nowhere.
  return /^\.?opencode(-wrapped)?(\.exe)?$/.test(name) || /^opencode\.exe$/i.test(name);
}

/**
 * The address on this machine's loopback interface under which a listening address can be reached, as a URL
 * host; undefined for addresses of other interfaces. Servers that listen on every address are reached
 * through 127.0.0.1.
 */
export function loopbackHost(address: string): string | undefined {
  const plain = address.replace(/^\[|\]$/g, "").toLowerCase();
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/.exec(plain)?.[1] ?? plain;
  if (mapped === "0.0.0.0" || mapped === "::" || mapped === "*" || mapped === "")
    return "127.0.0.1";
  if (mapped === "::1") return "[::1]";
  if (mapped === "localhost") return "localhost";
  return /^127(\.\d{1,3}){3}$/.test(mapped) ? mapped : undefined;
}

function portOf(text: string): number | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}
