import type { CommandContext } from "../commandContext.ts";

/** Shows sessions of every project. */
export function showAllProjects({ tree }: CommandContext): void {
  tree.change({ scope: "all" });
}

/** Shows only sessions of this window's folders. */
export function showWorkspaceOnly({ tree }: CommandContext): void {
  tree.change({ scope: "workspace" });
}

export function showArchived({ tree }: CommandContext): void {
  tree.change({ includesArchived: true });
}

export function hideArchived({ tree }: CommandContext): void {
  tree.change({ includesArchived: false });
}

export function clearFilter({ tree }: CommandContext): void {
  tree.change({ filter: "" });
}
