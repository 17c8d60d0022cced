import { todoProgress } from "../core/todo.ts";
import { cleanTitle } from "./format.ts";

/** A todo entry as the agent wrote it. */
export interface TodoEntry {
  readonly content: string;
  /** OpenCode's word: `pending`, `in_progress`, `completed`, `cancelled`. */
  readonly status: string;
}

/** The todo list of a session as a Markdown document. */
export function todoDocument(title: string, entries: readonly TodoEntry[]): string {
  const head = `# To do: ${cleanTitle(title, 200)}`;
  if (entries.length === 0) return `${head}\n\n*The agent keeps no list.*\n`;
  const { done, total } = todoProgress(entries.map(({ status }) => status));
  const lines = entries.map(({ content, status }) => todoLine(cleanTitle(content, 1000), status));
  return [head, `${done} of ${total} done`, lines.join("\n"), ""].join("\n\n").trimEnd() + "\n";
}

function todoLine(content: string, status: string): string {
  switch (status) {
    case "completed":
      return `- [x] ${content}`;
    case "cancelled":
      return `- [x] ~~${content}~~ (cancelled)`;
    case "in_progress":
      return `- [ ] **${content}** (in progress)`;
    default:
      return `- [ ] ${content}`;
  }
}
