/*
 * Completions while a prompt is written: commands after a leading `/`, agents and files after an `@`. Pure, and
 * shared by the extension host and the webview.
 */

/** What a server offers for use in a prompt. */
export interface PromptOffers {
  readonly agents: readonly Offer[];
  readonly models: readonly {
    readonly key: string;
    readonly name: string;
    readonly provider: string;
  }[];
  readonly commands: readonly Offer[];
}

/** An agent or a command. `isPrimary`: the agent answers prompts itself; such an agent calls the others. */
export interface Offer {
  readonly name: string;
  readonly description: string;
  readonly isPrimary?: boolean;
}

/** The word at the caret that can be completed, with its position in the text. */
export interface CompletionWord {
  readonly kind: "command" | "mention";
  /** The text after the `/` or `@`. */
  readonly query: string;
  readonly from: number;
  readonly to: number;
}

/** A replacement for the word. */
export interface Completion {
  /** The text shown and inserted. */
  readonly text: string;
  readonly detail: string;
}

const MOST_COMPLETIONS = 12;

/** The word at the caret, if it can be completed. */
export function wordAt(text: string, caret: number): CompletionWord | undefined {
  const before = text.slice(0, caret);
  const command = /^\/(\S*)$/.exec(before)?.[1];
  if (command !== undefined) return { kind: "command", query: command, from: 0, to: caret };
  const mention = /(?:^|[\s([{"'])@([^\s@]*)$/.exec(before)?.[1];
  if (mention === undefined) return undefined;
  return { kind: "mention", query: mention, from: caret - mention.length - 1, to: caret };
}

/** The completions of a word, best first. `files`: the files found for it. */
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

/** The offers whose names contain the query: those that begin with it come first. */
function ranked(offers: readonly Offer[], query: string): readonly Offer[] {
  const wanted = query.toLowerCase();
  const holding = offers.filter(({ name }) => name.toLowerCase().includes(wanted));
  const begins = ({ name }: Offer): number => Number(name.toLowerCase().startsWith(wanted));
  return holding.sort((a, b) => begins(b) - begins(a));
}

/** The text after inserting a completion, and the new position of the caret. */
export function completed(
  text: string,
  { from, to }: CompletionWord,
  completion: Completion,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(to);
  const put = /^\s/.test(rest) ? completion.text : `${completion.text} `;
  return { text: text.slice(0, from) + put + rest, caret: from + put.length };
}

/** The slash command a prompt begins with, and what follows it; undefined if it begins with none. */
export function slashCommandIn(
  text: string,
): { readonly name: string; readonly arguments: string } | undefined {
  const trimmed = text.trim();
  const name = /^\/([\w.:-][\w.:/-]*)(?=\s|$)/.exec(trimmed)?.[1];
  if (name === undefined) return undefined;
  return { name, arguments: trimmed.slice(name.length + 1).trim() };
}

/** The names a prompt mentions with `@`, each once; names with spaces are quoted. */
export function mentionsIn(text: string): readonly string[] {
  const mentions = text.matchAll(/(?:^|[\s([{"'])@(?:"([^"\n]+)"|([^\s@"]+))/g);
  const found = [...mentions].flatMap(([, quoted, name = ""]) => {
    if (quoted !== undefined) return [quoted];
    // A name may be at the end of a sentence or in brackets.
    let end = name.length;
    while (end > 0 && ENDINGS.has(name.charAt(end - 1))) end--;
    return end === 0 ? [] : [name.slice(0, end)];
  });
  return [...new Set(found)];
}

const ENDINGS: ReadonlySet<string> = new Set(".,;:!?)]}\"'");
