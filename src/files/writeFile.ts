/**
 * The room `files`: how files are written. Our own are readable by their user alone; a person's files keep
 * the mode they have and stay where a symbolic link points. On Windows modes say nothing: there a user's
 * profile is private by itself.
 */
import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Makes a folder of ours and those above it that are missing; one that others could enter is closed to them. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  if (process.platform === "win32") return;
  const stats = await stat(folder);
  if ((stats.mode & 0o077) !== 0 && stats.uid === process.getuid?.()) {
    await chmod(folder, PRIVATE_FOLDER);
  }
}

/** Replaces a file of ours in one step: whoever reads it meanwhile gets the old or the new content. */
export async function writePrivateFile(file: string, content: string | Uint8Array): Promise<void> {
  await replaceFile(file, content, PRIVATE_FILE);
}

/**
 * Replaces a person's file in one step. Its mode stays, and a symbolic link stays one: what it points to is
 * replaced. A new file gets the usual mode.
 */
export async function replaceUserFile(file: string, content: string | Uint8Array): Promise<void> {
  const target = await targetOf(file);
  const present = await stat(target).catch(() => undefined);
  await replaceFile(target, content, present === undefined ? undefined : present.mode & 0o7777);
}

/** The file that is meant, also where a link points to one that is not there yet. */
async function targetOf(file: string): Promise<string> {
  const isLink = (await lstat(file).catch(() => undefined))?.isSymbolicLink() === true;
  if (!isLink) return file;
  // A link to nothing is followed by creating what it names.
  await (await open(file, "a")).close();
  return realpath(file);
}

async function replaceFile(
  file: string,
  content: string | Uint8Array,
  mode: number | undefined,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(content);
      // Once more, since the umask may have taken bits that the replaced file had.
      if (mode !== undefined) await handle.chmod(mode);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
