/** The oldest Node that runs `opencode-sessions`: the first with everything the ledger uses of SQLite. */
const MINIMUM = { major: 22, minor: 16 } as const;

/** Whether a version of Node, such as `v22.16.0`, can run the program. */
export function isNodeSupported(version: string): boolean {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version.trim()) ?? [];
  return (
    Number(major) > MINIMUM.major ||
    (Number(major) === MINIMUM.major && Number(minor) >= MINIMUM.minor)
  );
}

/**
 * The program's one-line message in a runtime that can't run it; undefined if it can. OpenCode's own runtime
 * is Bun, which reports the Node version that it is compatible with.
 */
export function unsupportedRuntime(version: string): string | undefined {
  return isNodeSupported(version)
    ? undefined
    : `opencode-sessions needs Node ${String(MINIMUM.major)}.${String(MINIMUM.minor)} or newer; this is ${version}.`;
}
