/**
 * Tells when a field's text can be changed: while a word is being composed (IME), a change would end the composition
 * and leave half of the word. What is given then runs when it ends.
 */
export function waitForCompositions(field: HTMLElement): (change: () => void) => void {
  let waiting: (() => void)[] | undefined;
  field.addEventListener("compositionstart", () => {
    waiting ??= [];
  });
  field.addEventListener("compositionend", () => {
    const changes = waiting ?? [];
    waiting = undefined;
    for (const change of changes) change();
  });
  return (change) => {
    if (waiting === undefined) change();
    else waiting.push(change);
  };
}
