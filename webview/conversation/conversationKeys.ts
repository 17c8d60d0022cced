/**
 * Listens for the keys of a conversation while `isActive`. They go neither to the browser nor to VS Code, whose own
 * search only finds the messages that are drawn.
 */
export function listenForKeys(isActive: () => boolean, onFind: () => void): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (!isActive() || !isFindKey(event)) return;
      onFind();
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}

/** With Alt, a command uses these keys to go to another message; the browser would then scroll away from it. */
export function isMessageNavigationKey({ key, target }: KeyboardEvent): boolean {
  const isInField = target instanceof Element && target.matches("input, textarea, select");
  return (key === "ArrowUp" || key === "ArrowDown") && !isInField;
}

function isFindKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  const isMac = navigator.userAgent.includes("Mac OS X");
  const [wanted, other] = isMac ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  return key.toLowerCase() === "f" && wanted && !other && !altKey && !shiftKey;
}
