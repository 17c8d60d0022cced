/**
 * The path of a file that a server or a model names, `/`-separated and below the directory; undefined if it
 * would lead out of it. The file may be relative or absolute. Symbolic links aren't followed.
 */
export function pathBelow(directory: string, file: string): string | undefined {
  const slashed = directory.replaceAll("\\", "/");
  const folder = slashed.endsWith("/") ? slashed : `${slashed}/`;
  const plain = file.replaceAll("\\", "/");
  const relative = plain.startsWith(folder) ? plain.slice(folder.length) : plain;
  const leadsOut = relative.startsWith("/") || relative.split("/").includes("..");
  return leadsOut ? undefined : `${folder}${relative}`;
}
