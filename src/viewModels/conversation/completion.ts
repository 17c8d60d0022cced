/*
 * What is offered while a prompt is written: commands after a `/` at its beginning, agents and files after an `@`. Pure, and
 * the same on both sides of the page's border.
 */

/** What a server offers to name in a prompt. */
export interface PromptOffers {
  readonly agents: readonly Offer[];
  readonly models: readonly {
    readonly key: string;
    readonly name: string;
    readonly provider: string;
  }[];
  readonly commands: readonly Offer[];
}

/** An agent or a command. `isPrimary`: an agent that answers by itself; others are asked by one that does. */
export interface Offer {
  readonly name: string;
  readonly description: string;
  readonly isPrimary?: boolean;
}

/** The word at the caret that can be completed, with its place in the text. */
export interface CompletionWord {
  readonly kind: "command" | "mention";
  /** What was written after the `/` or `@`. */
  readonly query: string;
  readonly from: number;
  readonly to: number;
}

/** Something that can be put in the place of the word. */
export interface Completion {
  /** As it is shown, and put in. */
  readonly text: string;
  readonly detail: string;
}

const MOST_COMPLETIONS = 12;

/** The word that is being written at the caret, where it is one of those that can be completed. */
export function wordAt(text: string, caret: number): CompletionWord | undefined {
  const before = text.slice(0, caret);
  const command = /^\/(\S*)$/.exec(before)?.[1];
  if (command !== undefined) return { kind: "command", query: command, from: 0, to: caret };
  const mention = /(?:^|[\s([{"'])@([^\s@]*)$/.exec(before)?.[1];
  if (mention === undefined) return undefined;
  return { kind: "mention", query: mention, from: caret - mention.length - 1, to: caret };
}

/** What fits a word, best first. `files`: those that were found for it. */
export function completionsOf(
  { kind, query }: CompletionWord,
  { agents, commands }: Pick<PromptOffers, "agents" | "commands">,
  files: readonly string[],
): readonly Completion[] {
  const named = (offers: readonly Offer[], sign: string): readonly Completion[] =>
    ranked(offers, query).map(({ name, description }) => ({
      text: sign + name,
      detail: description,
    }));
  const all =
    kind === "command"
      ? named(commands, "/")
      : [
          ...named(
            agents.filter(({ isPrimary }) => isPrimary !== true),
            "@",
          ),
          ...files.map((file) => ({
            text: /\s/.test(file) ? `@"${file}"` : `@${file}`,
            detail: "",
          })),
        ];
  return all.slice(0, MOST_COMPLETIONS);
}

/** The offers whose names hold a query: those that begin with it before the others. */
function ranked(offers: readonly Offer[], query: string): readonly Offer[] {
  const wanted = query.toLowerCase();
  const holding = offers.filter(({ name }) => name.toLowerCase().includes(wanted));
  const begins = ({ name }: Offer): number => Number(name.toLowerCase().startsWith(wanted));
  return holding.sort((a, b) => begins(b) - begins(a));
}

/** The text with a completion in the place of its word, and where the caret is then. */
export function completed(
  text: string,
  { from, to }: CompletionWord,
  completion: Completion,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(to);
  const put = /^\s/.test(rest) ? completion.text : `${completion.text} `;
  return { text: text.slice(0, from) + put + rest, caret: from + put.length };
}

/** The slash command a prompt begins with, and what follows it; undefined where it begins with none. */
export function slashCommandIn(
  text: string,
): { readonly name: string; readonly arguments: string } | undefined {
  const trimmed = text.trim();
  const name = /^\/([\w.:-][\w.:/-]*)(?=\s|$)/.exec(trimmed)?.[1];
  if (name === undefined) return undefined;
  return { name, arguments: trimmed.slice(name.length + 1).trim() };
}

/** The names a prompt mentions by `@`, each once; one with spaces stands in quotes. */
export function mentionsIn(text: string): readonly string[] {
  const mentions = text.matchAll(/(?:^|[\s([{"'])@(?:"([^"\n]+)"|([^\s@"]+))/g);
  const found = [...mentions].flatMap(([, quoted, name = ""]) => {
    if (quoted !== undefined) return [quoted];
    // A name may stand at the end of a sentence or in brackets.
    let end = name.length;
    while (end > 0 && ENDINGS.has(name.charAt(end - 1))) end--;
    return end === 0 ? [] : [name.slice(0, end)];
  });
  return [...new Set(found)];
}

const ENDINGS: ReadonlySet<string> = new Set(".,;:!?)]}\"'");
