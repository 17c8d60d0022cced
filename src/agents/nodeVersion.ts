/** The oldest Node that runs the program `opencode-sessions`: from here on it has all of SQLite that the ledger uses. */
const MINIMUM = { major: 22, minor: 16 } as const;

/** Whether a version of Node, such as `v22.16.0`, runs the program. */
export function isNodeSupported(version: string): boolean {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version.trim()) ?? [];
  return (
    Number(major) > MINIMUM.major ||
    (Number(major) === MINIMUM.major && Number(minor) >= MINIMUM.minor)
  );
}

/**
 * What the program says, in one line, under a runtime that it does not run on; undefined where it does. OpenCode's
 * own runtime is Bun, which names the Node it is compatible with.
 */
export function unsupportedRuntime(version: string): string | undefined {
  return isNodeSupported(version)
    ? undefined
    : `opencode-sessions needs Node ${String(MINIMUM.major)}.${String(MINIMUM.minor)} or newer; this is ${version}.`;
}
