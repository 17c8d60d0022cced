/**
 * Listens for the keys of a conversation while `isActive`. They go neither to the browser, which would scroll, nor to
 * VS Code, which would run its own command for a key, or its own search, which only finds the messages that are drawn.
 */
export function listenForKeys(
  isActive: () => boolean,
  onFind: () => void,
  onPrompt: (direction: 1 | -1) => void,
): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (!isActive()) return;
      const direction = promptDirection(event);
      if (direction !== undefined) onPrompt(direction);
      else if (isFindKey(event)) onFind();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}

function isFindKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  const isMac = navigator.userAgent.includes("Mac OS X");
  const [wanted, other] = isMac ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  return key.toLowerCase() === "f" && wanted && !other && !altKey && !shiftKey;
}

/** Where Alt+Up and Alt+Down lead; undefined for other keys, and in a drop-down list, which they open. */
function promptDirection(event: KeyboardEvent): 1 | -1 | undefined {
  const { key, altKey, ctrlKey, metaKey, shiftKey, target } = event;
  const isOther = !altKey || ctrlKey || metaKey || shiftKey;
  if (isOther || (target instanceof Element && target.matches("select"))) return undefined;
  return key === "ArrowUp" ? -1 : key === "ArrowDown" ? 1 : undefined;
}
