import type { CommandContext } from "./commandContext.ts";

/**
 * A command's handler. `argument`: the row it was invoked on, a session's ref, or nothing; `selected`: all
 * selected rows, if the row is one of several. The result is returned to whoever ran the command.
 */
export type Command = (context: CommandContext, argument: unknown, selected: unknown) => unknown;

/** The submenus of a session row's menu. */
type SubmenuName = "open" | "change" | "copy";

/** Where a menu shows a command or a submenu. `when` and `group` are VS Code's. */
export interface Placement {
  readonly menu:
    "view/item/context" | "view/title" | "editor/title" | "editor/context" | SubmenuName;
  readonly when: string;
  readonly group: string;
}

/** How VS Code presents a command: `npm run manifest` generates package.json and package.nls.json from it. */
export interface CommandAbout {
  /** As shown in the palette after the category. */
  readonly title: string;
  /** What docs/commands.md says about it, where the title doesn't say it all. */
  readonly help?: string;
  /** The name of a codicon. */
  readonly icon?: string;
  /** When the palette offers it, `false` for never; defaults to always. */
  readonly palette?: string | false;
  readonly menus?: readonly Placement[];
  readonly keys?: readonly {
    readonly key: string;
    readonly mac?: string;
    readonly when: string;
    readonly args?: object;
  }[];
}

/** A submenu. VS Code hides it if none of its commands is offered. */
export interface SubmenuRow {
  readonly name: SubmenuName;
  readonly title: string;
  readonly menus: readonly Placement[];
}

/** A command with everything known about it, except its handler, which is in its own file. */
export interface CommandRow<Name extends string = string> {
  /** The id without its prefix. */
  readonly name: Name;
  readonly about: CommandAbout;
  readonly run: Command;
}

/** A row of the table. `load` returns the module whose export named after the command is its handler. */
export function command<const Name extends string>(
  name: Name,
  load: () => Promise<Readonly<Record<NoInfer<Name>, Command>>>,
  about: CommandAbout,
): CommandRow<Name> {
  return {
    name,
    about,
    run: async (context, argument, selected) => {
      const module = await load();
      return module[name](context, argument, selected);
    },
  };
}

type View = "sessions" | "attention" | "usage";

/** On rows with all of `words`, and none of those with a `!`. The words are those of a tree item's `contextValue`. */
export function onRow(words: string, group: string, view: View = "sessions"): Placement {
  return { menu: "view/item/context", when: whenRow(words, view), group };
}

/** In a submenu, for the same rows as `onRow`. */
export function inSubmenu(menu: SubmenuName, words: string, group: string): Placement {
  return { menu, when: whenRow(words, "sessions"), group };
}

function whenRow(words: string, view: View): string {
  const clauses = words.split(" ").flatMap((word) => {
    if (word === "") return [];
    return word.startsWith("!")
      ? [`!(viewItem =~ /\\b${word.slice(1)}\\b/)`]
      : [`viewItem =~ /\\b${word}\\b/`];
  });
  return [inView(view), ...clauses].join(" && ");
}

/** In the title of a view. */
export function inTitle(view: View, group: string, when?: string): Placement {
  const clauses = when === undefined ? [] : [when];
  return { menu: "view/title", when: [inView(view), ...clauses].join(" && "), group };
}

/** In the title of an editor. */
export function inEditor(when: string, group: string): Placement {
  return { menu: "editor/title", when, group };
}

function inView(view: View): string {
  return `view == opencodeSessions.${view}`;
}
