/** What `cmd.exe`, which runs `.cmd` and `.bat` files, reads even inside quotes. */
const READ_BY_CMD = /["%&|<>^!\r\n]/;

/** Whether a directory is named from a root, so that no program takes it for an option. */
export function isAbsolutePath(path: string): boolean {
  return /^(?:\/|\\\\|[A-Za-z]:[\\/])/.test(path);
}

/**
 * Whether arguments that hold names from servers reach a program as they are. On Windows OpenCode is a `.cmd` file, whose
 * arguments `cmd.exe` reads once more: there no quoting keeps a `&` from beginning a command of its own.
 */
export function reachProgramUnchanged(args: readonly string[], platform: string): boolean {
  return platform !== "win32" || !args.some((argument) => READ_BY_CMD.test(argument));
}
