/** Characters that `cmd.exe`, which runs `.cmd` and `.bat` files, interprets even inside quotes. */
const READ_BY_CMD = /["%&|<>^!\r\n]/;

/** Whether a path is absolute, so that no program can mistake it for an option. */
export function isAbsolutePath(path: string): boolean {
  return /^(?:\/|\\\\|[A-Za-z]:[\\/])/.test(path);
}

/**
 * Whether arguments that contain names from servers reach a program unchanged. On Windows OpenCode is a `.cmd` file,
 * whose arguments `cmd.exe` parses again: no quoting there keeps a `&` from starting another command.
 */
export function reachProgramUnchanged(args: readonly string[], platform: string): boolean {
  return platform !== "win32" || !args.some((argument) => READ_BY_CMD.test(argument));
}
