/** How an OpenCode process was started, insofar as it helps to find its server. */
export interface OpenCodeCommand {
  /** True if the command line itself shows that it listens: `serve`, `web`, or an explicit `--port`. */
  readonly listens: boolean;
  /** The requested port; undefined if absent or 0, in which case only its sockets show the port. */
  readonly port: number | undefined;
  /** The requested address. */
  readonly hostname: string | undefined;
}

/** Options that take the next word as their value, which must not be mistaken for the command. */
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
 * Parses the words of a command line. Undefined if the program is not called `opencode`. The name proves
 * nothing: a server only counts once it has answered a probe at its port.
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

/** Whether a program's path or name is OpenCode's: as installed, on Windows, or wrapped by a package system. */
export function isOpenCodeProgram(program: string): boolean {
  const name = program.split(/[\\/]/).at(-1) ?? "";
  // Case matters except on Windows: `OpenCode` is the desktop application's window, which never listens.
  return /^\.?opencode(-wrapped)?(\.exe)?$/.test(name) || /^opencode\.exe$/i.test(name);
}

/**
 * The loopback address under which a listening address can be reached, as a URL host; undefined for addresses
 * of other interfaces. Servers that listen on every address are reached through 127.0.0.1.
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
