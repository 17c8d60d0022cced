import { trimEndOf } from "../../core/trim.ts";

/*
 * Directories as servers and VS Code name them: from any machine, so in any path style. Only compared as
 * text; the disk is never accessed.
 */

/** Normalises for comparisons: forward slashes, lower-case drive letter, no trailing slash. */
export function normalisePath(path: string): string {
  const slashed = path.replaceAll("\\", "/");
  const withDrive = slashed.replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
  return withDrive.length > 1 ? trimEndOf(withDrive, "/") : withDrive;
}

/**
 * Returns a test for whether a directory is one of the folders or inside one. Answers are cached, since
 * many sessions share few directories. Folders must be normalised.
 */
export function folderTest(folders: readonly string[]): (directory: string) => boolean {
  const prefixes = folders.map((folder) => (folder.endsWith("/") ? folder : `${folder}/`));
  const answers = new Map<string, boolean>();
  return (directory) => {
    let answer = answers.get(directory);
    if (answer === undefined) {
      const path = `${normalisePath(directory)}/`;
      answer = prefixes.some((prefix) => path.startsWith(prefix));
      answers.set(directory, answer);
    }
    return answer;
  };
}

/** The last name in a path, or the path itself if it has none, like `/`. */
export function baseName(path: string): string {
  const normalised = normalisePath(path);
  const name = normalised.slice(normalised.lastIndexOf("/") + 1);
  return name === "" ? path : name;
}

/**
 * A directory as shown to the user: `~` for the home directory. The user a server runs as is unknown here,
 * so home directories are recognised by their form: `/home/NAME`, `/Users/NAME`, `/root`, `C:\Users\NAME`.
 */
export function shownPath(path: string): string {
  return path.replace(HOME, "~");
}

const HOME =
  /^(?:\/home\/[^/]{1,64}|\/Users\/[^/]{1,64}|\/root|[A-Za-z]:\\Users\\[^\\]{1,64})(?=$|[/\\])/;
