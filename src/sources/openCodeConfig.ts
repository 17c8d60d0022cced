import { t } from "../core/language.ts";
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
// The package's main entry is a UMD file whose inner requires bundlers cannot see.
import { parse } from "jsonc-parser/lib/esm/main.js";
import type { ParseError } from "jsonc-parser/lib/esm/main.js";
import type { SourceProblem } from "./source.ts";
import { loopbackHost } from "./openCodeCommand.ts";
import { codeOf, PORT } from "./parseJSON.ts";

const SERVER_CONFIG = z
  .object({ server: z.object({ port: z.unknown().optional(), hostname: z.unknown().optional() }) })
  .transform(({ server }) => server);

/** The environment variables that say where OpenCode's own configuration is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where OpenCode's global configuration says a server listens. */
export interface ConfiguredServers {
  /** Base URLs on this machine's loopback interface. */
  readonly urls: readonly string[];
  readonly problems: readonly SourceProblem[];
}

/**
 * Files that may hold OpenCode's global configuration, in no particular order: `config.json`, `opencode.json`
 * and `opencode.jsonc` in its configuration folders, and the file named by OPENCODE_CONFIG.
 */
export function openCodeConfigFiles(environment: Environment, homeDir: string): readonly string[] {
  const configHome = environment["XDG_CONFIG_HOME"] || path.join(homeDir, ".config");
  const folders = [path.join(configHome, "opencode"), environment["OPENCODE_CONFIG_DIR"]];
  const files = folders.flatMap((folder) =>
    folder
      ? ["config.json", "opencode.json", "opencode.jsonc"].map((name) => path.join(folder, name))
      : [],
  );
  const named = environment["OPENCODE_CONFIG"];
  return [...new Set(named ? [...files, named] : files)];
}

/** Reads `server.port` and `server.hostname` from all those files. Absent files are normal; never throws. */
export async function readConfiguredServers(files: readonly string[]): Promise<ConfiguredServers> {
  const urls = new Set<string>();
  const problems: SourceProblem[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT" || code === "ENOTDIR") continue;
      const message = t`OpenCode's configuration ${file} could not be read (${String(code)}).`;
      problems.push({ subject: file, severity: "warning", message });
      continue;
    }
    const parsed = parseConfiguredServer(text);
    if (parsed.url !== undefined) urls.add(parsed.url);
    if (parsed.message !== undefined) {
      const message = t`OpenCode's configuration ${file} ${parsed.message}`;
      problems.push({ subject: file, severity: "warning", message });
    }
  }
  return { urls: [...urls], problems };
}

/**
 * The server in one configuration text (JSON with comments and trailing commas). A text with errors is read
 * as far as possible, like OpenCode's own editor support does, and the message says so.
 */
export function parseConfiguredServer(text: string): {
  readonly url: string | undefined;
  readonly message: string | undefined;
} {
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: true, allowEmptyContent: true };
  const config: unknown = parse(text, errors, options);
  const broken = errors.length > 0 ? t("is not valid JSON with comments.") : undefined;
  const { data: server } = SERVER_CONFIG.safeParse(config);
  if (server === undefined || server.port === undefined || server.port === 0) {
    return { url: undefined, message: broken };
  }
  const { data: port } = PORT.safeParse(server.port);
  if (port === undefined) {
    return {
      url: undefined,
      message: broken ?? t('has a "server.port" that is not a port number.'),
    };
  }
  const { hostname } = server;
  const host = typeof hostname === "string" ? loopbackHost(hostname) : "127.0.0.1";
  // A hostname other than loopback belongs in the setting with URLs, where the user vouches for it.
  return { url: host === undefined ? undefined : `http://${host}:${port}`, message: broken };
}
