import * as vscode from "vscode";

const LEFT_OUT = "**/{node_modules,.git}/**";

/** Some files below a directory on this machine whose paths contain a few letters, shortest paths first. */
export async function filesNamed(
  directory: string,
  query: string,
  most: number,
): Promise<readonly string[]> {
  const folder = vscode.Uri.file(directory);
  const letters = query.replaceAll("\\", "/").replace(/./gu, anyCase);
  const glob = query === "" ? "**/*" : `{**/*${letters}*,**/*${letters}*/**}`;
  const found = await vscode.workspace.findFiles(
    new vscode.RelativePattern(folder, glob),
    LEFT_OUT,
    // The first results are not necessarily the best.
    most * 10,
  );
  const start = folder.path.replace(/\/$/, "").length + 1;
  const wanted = query.toLowerCase();
  const inName = (path: string): number =>
    Number(
      !path
        .slice(path.lastIndexOf("/") + 1)
        .toLowerCase()
        .includes(wanted),
    );
  return found
    .map(({ path }) => path.slice(start))
    .sort((a, b) => inName(a) - inName(b) || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, most);
}

/** A letter as a case-insensitive glob; special characters are escaped. */
function anyCase(letter: string): string {
  const [small, large] = [letter.toLowerCase(), letter.toUpperCase()];
  if (small !== large) return `[${small}${large}]`;
  return /[*?{}[\],!]/.test(letter) ? `[${letter}]` : letter;
}
