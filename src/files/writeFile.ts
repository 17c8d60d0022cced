/**
 * The room `files`: writing files. Our own files are readable only by their owner; the user's files keep their
 * mode, and symbolic links are followed. On Windows modes have no effect; there the user's profile is private
 * anyway.
 */
import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Creates one of our folders and its missing parents; removes other users' access if it exists and we own it. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  if (process.platform === "win32") return;
  const stats = await stat(folder);
  if ((stats.mode & 0o077) !== 0 && stats.uid === process.getuid?.()) {
    await chmod(folder, PRIVATE_FOLDER);
  }
}

/** Replaces one of our files atomically: concurrent readers get either the old or the new content. */
export async function writePrivateFile(file: string, content: string | Uint8Array): Promise<void> {
  await replaceFile(file, content, PRIVATE_FILE);
}

/** Writes one of our files in place, without leaving another beside it, for a folder whose every file means something. */
export async function markPrivateFile(file: string, content: string): Promise<void> {
  await writeFile(file, content, { mode: PRIVATE_FILE });
}

/**
 * Replaces a user's file atomically. Keeps its mode, and for a symbolic link replaces the target, not the link. A
 * new file gets the default mode.
 */
export async function replaceUserFile(file: string, content: string | Uint8Array): Promise<void> {
  const target = await targetOf(file);
  const present = await stat(target).catch(() => undefined);
  await replaceFile(target, content, present === undefined ? undefined : present.mode & 0o7777);
}

/** Resolves a symbolic link, even if its target doesn't exist yet. */
async function targetOf(file: string): Promise<string> {
  const isLink = (await lstat(file).catch(() => undefined))?.isSymbolicLink() === true;
  if (!isLink) return file;
  // Create the target of a dangling link so that it can be resolved.
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
      // Set it again: the umask may have cleared bits that the replaced file had.
      if (mode !== undefined) await handle.chmod(mode);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
