import path from "node:path";

/**
 * Where an OpenCode process with this environment keeps its database (observed on 1.18): `OPENCODE_DB`,
 * absolute or below the data folder, or else `opencode.db` there. Undefined if it keeps none on disk, or
 * there is no home folder. Development builds use other names; the file may not exist.
 */
export function databasePath(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): string | undefined {
  const { XDG_DATA_HOME: dataHome, OPENCODE_DB: chosen } = environment;
  if (chosen === ":memory:") return undefined;
  if (chosen !== undefined && path.isAbsolute(chosen)) return chosen;
  const data =
    dataHome !== undefined && dataHome !== ""
      ? dataHome
      : home === ""
        ? undefined
        : path.join(home, ".local", "share");
  if (data === undefined) return undefined;
  const name = chosen === undefined || chosen === "" ? "opencode.db" : chosen;
  return path.join(data, "opencode", name);
}
