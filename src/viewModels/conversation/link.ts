import { pathBelow } from "../../core/pathBelow.ts";

/** Target of a link in a conversation: the web, or a file in the session's directory; `line` starts at 1. */
export type LinkTarget =
  | { readonly kind: "web"; readonly url: string }
  | { readonly kind: "file"; readonly path: string; readonly line: number | undefined };

const FILE = /^(?:\.\/)?([^:#?]+)(?:(?:#L|:)(\d{1,7})(?:[:-][\d:L-]*)?)?$/;

/**
 * Resolves a link written by a model or the user; undefined for what must not be opened: other schemes, above
 * all `command:`, and files elsewhere. `directory`: the session's, if it is on this machine.
 */
export function linkTarget(href: string, directory: string | undefined): LinkTarget | undefined {
  if (/^https?:\/\//i.test(href)) {
    return URL.canParse(href) ? { kind: "web", url: new URL(href).href } : undefined;
  }
  const [, file, line] = FILE.exec(href) ?? [];
  if (file === undefined || directory === undefined) return undefined;
  const path = pathBelow(directory, file);
  if (path === undefined) return undefined;
  return {
    kind: "file",
    path,
    line: line === undefined ? undefined : Math.max(1, Number(line)),
  };
}
