/** Where something is set up: for all of a user's projects, or below one folder. */
export type SetupScope = "user" | { readonly directory: string };

/** A file's current and new content; undefined means no file. */
export interface FileChange {
  readonly scope: SetupScope;
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** How OpenCode should start a program. */
export interface ProgramStart {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
}
