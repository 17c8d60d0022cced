import { trimEndOf } from "../../core/trim.ts";

/*
 * Directories as servers and VS Code name them: of any machine, so of any path style. Compared by their
 * text alone; nothing is looked up on a disk.
 */

/** One spelling for comparisons: forward slashes, small drive letter, no slash at the end. */
export function normalisePath(path: string): string {
  const slashed = path.replaceAll("\\", "/");
  const withDrive = slashed.replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
  return withDrive.length > 1 ? trimEndOf(withDrive, "/") : withDrive;
}

/**
 * Makes the question whether a directory is one of the folders or lies in one; the answers are remembered,
 * since many sessions share few directories. Folders must be normalised.
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

/** The last name in a path; the path itself where it has none, as `/`. */
export function baseName(path: string): string {
  const normalised = normalisePath(path);
  const name = normalised.slice(normalised.lastIndexOf("/") + 1);
  return name === "" ? path : name;
}

/**
 * A directory fit to be read: `~` for the home directory. Which user a server runs as is not known here, so a
 * directory counts as a home by its form: `/home/NAME`, `/Users/NAME`, `/root`, `C:\Users\NAME`.
 */
export function shownPath(path: string): string {
  return path.replace(HOME, "~");
}

const HOME =
  /^(?:\/home\/[^/]{1,64}|\/Users\/[^/]{1,64}|\/root|[A-Za-z]:\\Users\\[^\\]{1,64})(?=$|[/\\])/;
