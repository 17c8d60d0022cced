import * as vscode from "vscode";

const LEFT_OUT = "**/{node_modules,.git}/**";

/** Some files below a directory of this machine whose paths hold a few letters, the shortest paths first. */
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
    // What is found first is not what fits best.
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

/** A letter as a glob that finds it in either case; what means something in a glob means itself. */
function anyCase(letter: string): string {
  const [small, large] = [letter.toLowerCase(), letter.toUpperCase()];
  if (small !== large) return `[${small}${large}]`;
  return /[*?{}[\],!]/.test(letter) ? `[${letter}]` : letter;
}
