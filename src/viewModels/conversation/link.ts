/** Where a link of a conversation leads: to the web, or to a file below the session's directory, `line` from 1. */
export type LinkTarget =
  | { readonly kind: "web"; readonly url: string }
  | { readonly kind: "file"; readonly path: string; readonly line: number | undefined };

const FILE = /^(?:\.\/)?([^:#?]+)(?:(?:#L|:)(\d{1,7})(?:[:-][\d:L-]*)?)?$/;

/**
 * Reads a link that a model or a person wrote; undefined for what is not to be opened: other schemes, above all
 * `command:`, and files elsewhere. `directory`: that of a session of this machine.
 */
export function linkTarget(href: string, directory: string | undefined): LinkTarget | undefined {
  if (/^https?:\/\//i.test(href)) {
    return URL.canParse(href) ? { kind: "web", url: new URL(href).href } : undefined;
  }
  const [, file, line] = FILE.exec(href) ?? [];
  if (file === undefined || directory === undefined) return undefined;
  const slashed = directory.replaceAll("\\", "/");
  const folder = slashed.endsWith("/") ? slashed : `${slashed}/`;
  const plain = file.replaceAll("\\", "/");
  const relative = plain.startsWith(folder) ? plain.slice(folder.length) : plain;
  // Neither from the root nor out of the folder.
  const steps = relative.split("/");
  if (relative.startsWith("/") || steps.includes("..")) return undefined;
  return {
    kind: "file",
    path: `${folder}${relative}`,
    line: line === undefined ? undefined : Math.max(1, Number(line)),
  };
}
