/** Recalls earlier prompts with the arrow keys: up at the start of the text, down at its end. */
export interface PromptHistory {
  /** Goes one prompt older (1) or newer (-1) if the caret is at the text's edge; otherwise returns false. */
  step(direction: 1 | -1, field: HTMLTextAreaElement): boolean;
  /** Receives the prompts, newest first. */
  fill(prompts: readonly string[], field: HTMLTextAreaElement): void;
  /** Resets the history because the text was edited or sent. */
  leave(): void;
}

/** `onWrite` inserts a text, with the caret at the edge from which the next step continues. */
export function createPromptHistory(
  askPrompts: () => void,
  onWrite: (text: string, caret: "start" | "end") => void,
): PromptHistory {
  let prompts: readonly string[] | undefined;
  /** 0 is what was being written, 1 the newest prompt. */
  let at = 0;
  let draft = "";
  let isWaiting = false;
  const go = (direction: 1 | -1, field: HTMLTextAreaElement): void => {
    if (at === 0) draft = field.value;
    const next = at + direction;
    const text = next === 0 ? draft : prompts?.[next - 1];
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
