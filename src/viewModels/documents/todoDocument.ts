import { t } from "../../core/language.ts";
import { todoProgress } from "../../core/state/todo.ts";
import { titleMarkdown } from "./markdown.ts";

/** A todo entry as the agent wrote it. */
export interface TodoEntry {
  readonly content: string;
  /** OpenCode's value: `pending`, `in_progress`, `completed`, `cancelled`. */
  readonly status: string;
}

export function todoDocument(title: string, entries: readonly TodoEntry[]): string {
  const head = t`# To do: ${titleMarkdown(title, 200)}`;
  if (entries.length === 0) return t`${head}\n\n*The agent has no to-do list.*\n`;
  const { done, total } = todoProgress(entries.map(({ status }) => status));
  const lines = entries.map(({ content, status }) =>
    todoLine(titleMarkdown(content, 1000), status),
  );
  return [head, t`${done} of ${total} done`, lines.join("\n"), ""].join("\n\n").trimEnd() + "\n";
}

function todoLine(content: string, status: string): string {
  switch (status) {
    case "completed":
      return `- [x] ${content}`;
    case "cancelled":
      return t`- [x] ~~${content}~~ (cancelled)`;
    case "in_progress":
      return t`- [ ] **${content}** (in progress)`;
    default:
      return `- [ ] ${content}`;
  }
}
