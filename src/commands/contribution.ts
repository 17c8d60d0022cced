import type { CommandContext } from "./commandContext.ts";

/**
 * What runs for a command. `argument`: the row it was asked on, a session's ref, or nothing; `selected`: all rows that
 * are selected where it was asked, when that is one of several. What it gives is given to who ran it.
 */
export type Command = (context: CommandContext, argument: unknown, selected: unknown) => unknown;

/** The menus inside the menu of a session's row. */
type SubmenuName = "open" | "change" | "copy";

/** Where a menu shows a command or a submenu. `when` and `group` are VS Code's. */
export interface Placement {
  readonly menu:
    "view/item/context" | "view/title" | "editor/title" | "editor/context" | SubmenuName;
  readonly when: string;
  readonly group: string;
}

/** How VS Code shows a command: `npm run manifest` writes package.json and package.nls.json from it. */
export interface CommandAbout {
  /** As the palette shows it after the category. */
  readonly title: string;
  /** Name of a codicon. */
  readonly icon?: string;
  /** When the palette offers it, `false` for never; always where left out. */
  readonly palette?: string | false;
  readonly menus?: readonly Placement[];
  readonly keys?: readonly {
    readonly key: string;
    readonly mac?: string;
    readonly when: string;
    readonly args?: object;
  }[];
}

/** A menu inside another. VS Code leaves it out where none of its commands is offered. */
export interface SubmenuRow {
  readonly name: SubmenuName;
  readonly title: string;
  readonly menus: readonly Placement[];
}

/** A command with all that is known of it, apart from what runs in its own file. */
export interface CommandRow<Name extends string = string> {
  /** The id without the prefix. */
  readonly name: Name;
  readonly about: CommandAbout;
  readonly run: Command;
}

/** A row of the table. `load` gives the module whose export of the command's name runs. */
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

/** On rows that have all of `words`, and none of those with a `!`. The words are those of `ROW_WORDS`. */
export function onRow(words: string, group: string, view: View = "sessions"): Placement {
  return { menu: "view/item/context", when: whenRow(words, view), group };
}

/** In a submenu of the rows that `onRow` would name. */
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
