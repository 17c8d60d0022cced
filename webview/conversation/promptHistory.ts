/** Going back to what was written before by the arrow keys, from the first line up and from the last line down. */
export interface PromptHistory {
  /** One prompt older (1) or newer (-1) where the caret stands at the text's edge; false where the key is the text's. */
  step(direction: 1 | -1, field: HTMLTextAreaElement): boolean;
  /** The prompts have come, newest first. */
  fill(prompts: readonly string[], field: HTMLTextAreaElement): void;
  /** Something else was written. */
  leave(): void;
}

/** `onWrite` puts a text in, with the caret at the edge that leads on. */
export function createPromptHistory(
  askPrompts: () => void,
  onWrite: (text: string, caret: "start" | "end") => void,
): PromptHistory {
  let prompts: readonly string[] | undefined;
  /** 0 is what was being written, 1 the newest prompt. */
  let at = 0;
  let begun = "";
  let isWaiting = false;
  const go = (direction: 1 | -1, field: HTMLTextAreaElement): void => {
    if (at === 0) begun = field.value;
    const next = at + direction;
    const text = next === 0 ? begun : prompts?.[next - 1];
    if (text === undefined) return;
    at = next;
    onWrite(text, direction === 1 ? "start" : "end");
  };
  return {
    step: (direction, field) => {
      const { selectionStart, selectionEnd, value } = field;
      if (selectionStart !== selectionEnd) return false;
      if (direction === 1 ? selectionStart !== 0 : selectionStart !== value.length) return false;
      if (direction === -1 && at === 0) return false;
      if (prompts === undefined) {
        isWaiting = true;
        askPrompts();
      } else go(direction, field);
      return true;
    },
    fill: (next, field) => {
      prompts = next;
      if (isWaiting) go(1, field);
      isWaiting = false;
    },
    leave: () => {
      at = 0;
      prompts = undefined;
    },
  };
}
