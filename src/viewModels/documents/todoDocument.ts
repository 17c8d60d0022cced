import { t } from "../../core/language.ts";
import { todoProgress } from "../../core/state/todo.ts";
import { cleanTitle } from "../text/format.ts";
import { Markdown, markup } from "./markdown.ts";

/** A todo entry as the agent wrote it. */
export interface TodoEntry {
  readonly content: string;
  /** OpenCode's value: `pending`, `in_progress`, `completed`, `cancelled`. */
  readonly status: string;
}

export function todoDocument(title: string, entries: readonly TodoEntry[]): Markdown {
  const head = markup`# ${t`To do: ${cleanTitle(title, 200)}`}`;
  if (entries.length === 0) return markup`${head}\n\n*${t("The agent has no to-do list.")}*\n`;
  const { done, total } = todoProgress(entries.map(({ status }) => status));
  const lines = entries.map(({ content, status }) => todoLine(cleanTitle(content, 1000), status));
  return markup`${head}\n\n${t`${done} of ${total} done`}\n\n${Markdown.join(lines, "\n")}\n`;
}

function todoLine(content: string, status: string): Markdown {
  switch (status) {
    case "completed":
      return markup`- [x] ${content}`;
    case "cancelled":
      return markup`- [x] ~~${content}~~ (${t("cancelled")})`;
    case "in_progress":
      return markup`- [ ] **${content}** (${t("in progress")})`;
    default:
      return markup`- [ ] ${content}`;
  }
}
