import type { CommandContext } from "../commandContext.ts";
import { refuseLostRow } from "../lostRow.ts";

/** Goes to the next waiting item, wrapping from the last to the first. */
export async function nextAttention(context: CommandContext): Promise<void> {
  await step(context, 1);
}

/** Goes to the previous item. */
export async function previousAttention(context: CommandContext): Promise<void> {
  await step(context, -1);
}

async function step({ attention }: CommandContext, by: 1 | -1): Promise<void> {
  const { items, selection } = attention;
  const at = items.findIndex(({ key }) => key === selection?.key);
  const from = at < 0 && by < 0 ? 0 : at;
  const item = items[(from + by + items.length) % items.length];
  if (item !== undefined) await attention.reveal(item);
}

/** Removes a row's failure or finished turn from the list. */
export function dismissAttention({ attention }: CommandContext, argument: unknown): void {
  refuseLostRow(argument);
  const key = keyOf(argument) ?? attention.selection?.key;
  attention.dismiss(attention.items.filter((item) => item.key === key));
}

/** Removes every dismissible item from the list. */
export function dismissAllAttention({ attention }: CommandContext): void {
  attention.dismiss(attention.items);
}

function keyOf(argument: unknown): string | undefined {
  if (typeof argument !== "object" || argument === null || !("key" in argument)) return undefined;
  return typeof argument.key === "string" ? argument.key : undefined;
}
