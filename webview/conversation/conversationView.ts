import { t } from "../../src/core/language.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import type {
  ConversationEntry,
  ConversationUpdate,
} from "../../src/viewModels/conversation/conversation.ts";
import type { ConversationMessage } from "../../src/viewModels/conversation/conversationMessage.ts";
import { element, plainButton, setShown, setText } from "../dom.ts";
import { type ControlsView, createControls } from "../parts/controls.ts";
import { listenForKeys } from "./conversationKeys.ts";
import { createFindBar } from "./findBar.ts";
import { createMessageView, type MessageView, textOf } from "./messageView.ts";

/** A session's messages, however many: only those near the viewport are drawn, the rest are placeholders. */
export interface ConversationView {
  readonly element: HTMLElement;
  update(update: ConversationUpdate): void;
  /** Sets whether its tab is visible. It scrolls and draws only while it is. */
  setActive(isActive: boolean): void;
  /** Goes to a message as soon as it exists, or to the next or previous prompt. */
  show(place: {
    readonly messageID?: string | undefined;
    readonly direction?: 1 | -1 | undefined;
  }): void;
  /** Scrolls to the end and keeps following it. */
  follow(): void;
  found(text: string, messageIDs: readonly string[]): void;
  /** The buttons of the bar that stays in sight. */
  readonly controls: ControlsView;
}

interface Row {
  readonly entry: ConversationEntry;
  readonly element: HTMLElement;
  view: MessageView | undefined;
}

/** Messages within this many pixels above and below the viewport are drawn. */
const NEAR_PX = 1500;
/** Within this many pixels of the end counts as being at the end. */
const END_PX = 60;
/** Estimated height of a message that has not been drawn yet. */
const ESTIMATED_HEIGHT_PX = 120;
/** At most this many characters of a completed answer are read aloud. */
const SPOKEN_CHARACTERS = 600;

/**
 * Creates the conversation. `placeID`: the message the user was reading before a reload; without one the view
 * follows the end. `onPlace` receives the message being read, undefined at the end.
 */
export function createConversationView(
  ask: (message: FromPage) => void,
  placeID: string | undefined,
  onPlace: (messageID: string | undefined) => void,
): ConversationView {
  const opening = element("p", { class: "conversation-note", role: "status" });
  const list = element("div", { class: "conversation-list", role: "list" });
  const reverted = createRevertedNote(ask);
  const doing = element("p", { class: "conversation-doing" });
  const spoken = element("div", { class: "visually-hidden", "aria-live": "polite" });
  const toEnd = plainButton({ class: "to-end" }, follow, t("Jump to End"));
  const find = createFindBar({
    onText: (text) => {
      ask({ type: "find", text });
    },
    onGo: (messageID, text) => {
      goTo(messageID);
      unfoldSoon = { messageID, text };
      unfoldFound();
    },
  });
  const controls = createControls(ask);
  const bar = element("div", { class: "conversation-bar" }, find.element, controls.element);
  const holder = element(
    "section",
    { class: "conversation", "aria-label": t("Conversation") },
    bar,
    opening,
    list,
    doing,
    toEnd,
    spoken,
  );

  const rows = new Map<string, Row>();
  let order: readonly string[] = [];
  const messages = new Map<string, ConversationMessage>();
  const near = new Set<string>();
  let asked = "";
  let isActive = false;
  let isFollowing = placeID === undefined;
  let pendingID = placeID;
  /** The message navigated to: it stays at the top while its neighbours are drawn, until the user scrolls. */
  let pinnedID: string | undefined;
  /** The first visible message, while the end is not followed. */
  let readID: string | undefined;
  let lastTop = 0;
  let revertedID: string | undefined;
  let unfoldSoon: { readonly messageID: string; readonly text: string } | undefined;
  let runningID: string | undefined;
  let isSyncQueued = false;
  const page = document.documentElement;

  const observer = new IntersectionObserver(
    (changes) => {
      if (!isActive) return;
      for (const { target, isIntersecting } of changes) {
        const id = target.getAttribute("data-message") ?? "";
        if (isIntersecting) near.add(id);
        else near.delete(id);
      }
      syncSoon();
    },
    // The page runs in a VS Code frame: without an explicit root, the margins would be ignored.
    { root: document, rootMargin: `${NEAR_PX}px 0px` },
  );
  const heights = new ResizeObserver(() => {
    if (!isActive) return;
    if (isFollowing) scrollToEnd();
    else if (pinnedID !== undefined) alignTo(pinnedID);
  });
  heights.observe(holder);
  for (const gesture of ["wheel", "pointerdown", "touchmove", "keydown"]) {
    document.addEventListener(
      gesture,
      (event) => {
        if (!(event instanceof KeyboardEvent && event.altKey)) pinnedID = undefined;
      },
      { capture: true, passive: true },
    );
  }

  listenForKeys(
    () => isActive,
    () => {
      find.focus();
    },
    goToPrompt,
  );
  document.addEventListener(
    "scroll",
    ({ target }) => {
      if (isActive && !(target instanceof Element)) onScroll();
    },
    { passive: true },
  );
  function follow(): void {
    isFollowing = true;
    pendingID = undefined;
    pinnedID = undefined;
    scrollToEnd();
    notePlace();
  }

  function onScroll(): void {
    const { scrollTop } = page;
    const isAtEnd = scrollTop + window.innerHeight >= page.scrollHeight - END_PX;
    // New content at the bottom does not end following; only scrolling up does.
    if (isAtEnd) isFollowing = true;
    else if (scrollTop < lastTop - 1) isFollowing = false;
    lastTop = scrollTop;
    notePlace();
  }

  function notePlace(): void {
    setShown(toEnd, !isFollowing);
    readID = isFollowing ? undefined : topID();
    onPlace(readID);
  }

  /** The first visible message. */
  function topID(): string | undefined {
    const top = Math.max(0, bar.getBoundingClientRect().bottom) + 2;
    return order.find((id) => {
      if (!near.has(id)) return false;
      return (rows.get(id)?.element.getBoundingClientRect().bottom ?? 0) > top;
    });
  }

  function scrollToEnd(): void {
    if (!isFollowing) return;
    page.scrollTop = page.scrollHeight;
    lastTop = page.scrollTop;
  }

  function goTo(messageID: string): void {
    const row = rows.get(messageID);
    if (row === undefined || !isActive) {
      pendingID = messageID;
      return;
    }
    pendingID = undefined;
    isFollowing = false;
    near.add(messageID);
    sync();
    pinnedID = messageID;
    alignTo(messageID);
    row.element.focus({ preventScroll: true });
    notePlace();
  }

  function goToPrompt(direction: 1 | -1): void {
    const prompts = order.filter((id) => rows.get(id)?.entry.kind === "prompt");
    // Near the end, the message navigated to cannot be scrolled to the top.
    const topmost = pinnedID ?? topID();
    // In a low view, the prompt box covers all messages.
    const at = topmost === undefined ? order.length : order.indexOf(topmost);
    const next =
      direction === 1
        ? prompts.find((id) => order.indexOf(id) > at)
        : prompts.findLast((id) => order.indexOf(id) < at);
    if (next !== undefined) goTo(next);
  }

  function alignTo(messageID: string): void {
    rows.get(messageID)?.element.scrollIntoView({ block: "start" });
    lastTop = page.scrollTop;
  }

  function syncSoon(): void {
    if (isSyncQueued) return;
    isSyncQueued = true;
    requestAnimationFrame(() => {
      isSyncQueued = false;
      if (isActive) sync();
    });
  }

  /** Draws what is near, leaves room for the rest, and requests the messages needed. */
  function sync(): void {
    const far = [...rows].flatMap(([id, row]) => (row.view && !near.has(id) ? row : []));
    // All are measured before any changes, which takes one layout instead of one for each.
    const heights = far.map((row) => row.element.offsetHeight);
    for (const [at, row] of far.entries()) unmount(row, heights[at] ?? 0);
    for (const [id, row] of rows) if (near.has(id)) mount(row);
    for (const id of messages.keys()) if (!near.has(id)) messages.delete(id);
    const ids = order.filter((id) => near.has(id));
    const wanted = ids.join();
    if (wanted === asked) return;
    asked = wanted;
    ask({ type: "showMessages", messageIDs: ids });
  }

  /** Draws what is near. Before anything has been drawn nothing counts as near, so it draws all messages. */
  function drawFirst(): void {
    if (near.size === 0) for (const id of messages.keys()) near.add(id);
    sync();
  }

  function mount(row: Row): void {
    const message = messages.get(row.entry.id);
    if (row.view !== undefined || message === undefined) return;
    row.view = createMessageView(ask);
    row.view.draw(message);
    row.element.style.minHeight = "";
    row.element.replaceChildren(row.view.element);
    unfoldFound();
  }

  function unmount(row: Row, height: number): void {
    row.element.style.minHeight = `${height}px`;
    row.view = undefined;
    row.element.replaceChildren();
  }

  function setEntries(entries: readonly ConversationEntry[]): void {
    const known = new Set(entries.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (known.has(id)) continue;
      observer.unobserve(row.element);
      row.element.remove();
      rows.delete(id);
      near.delete(id);
    }
    order = entries.map(({ id }) => id);
    let before: Element | null = list.firstElementChild;
    for (const entry of entries) {
      let row = rows.get(entry.id);
      if (row?.entry.kind !== entry.kind) {
        row?.element.remove();
        row = createRow(entry);
        rows.set(entry.id, row);
        if (isActive) observer.observe(row.element);
      }
      if (row.element === before) before = before.nextElementSibling;
      else list.insertBefore(row.element, before);
    }
  }

  function drawReverted(id: string | undefined): void {
    const at = id === undefined ? -1 : order.indexOf(id);
    setShown(reverted, at >= 0);
    for (const [index, messageID] of order.entries()) {
      rows.get(messageID)?.element.classList.toggle("is-reverted", at >= 0 && index >= at);
    }
    const first = id === undefined ? undefined : rows.get(id)?.element;
    if (first === undefined) reverted.remove();
    else if (first.previousElementSibling !== reverted) first.before(reverted);
  }

  /** Announces an answer to screen readers once, when it is complete. */
  function speak(next: readonly ConversationMessage[]): void {
    for (const message of next) {
      if (message.kind !== "answer") continue;
      if (!message.isOver) runningID = message.id;
      else if (message.id === runningID) {
        runningID = undefined;
        const text = textOf(message).slice(0, SPOKEN_CHARACTERS);
        if (text !== "") setText(spoken, `${message.name}: ${text}`);
      }
    }
  }

  function unfoldFound(): void {
    if (unfoldSoon === undefined) return;
    const view = rows.get(unfoldSoon.messageID)?.view;
    if (view === undefined) return;
    view.unfold(unfoldSoon.text.toLowerCase());
    find.mark(holder);
    unfoldSoon = undefined;
  }

  return {
    element: holder,
    update: (update) => {
      if (update.entries !== undefined) setEntries(update.entries);
      for (const message of update.messages) {
        messages.set(message.id, message);
        const row = rows.get(message.id);
        if (row?.view !== undefined) row.view.draw(message);
        else if (row !== undefined && near.has(message.id)) mount(row);
      }
      speak(update.messages);
      if (update.entries !== undefined || update.revertedID !== revertedID) {
        ({ revertedID } = update);
        drawReverted(revertedID);
      }
      setShown(opening, update.opening !== undefined);
      setText(opening, update.opening ?? "");
      setShown(doing, update.activity !== undefined);
      setText(doing, update.activity ?? "");
      if (!isActive) return;
      if (update.entries !== undefined) drawFirst();
      if (pendingID !== undefined && rows.has(pendingID)) goTo(pendingID);
      if (update.messages.length > 0) find.mark(holder);
    },
    setActive: (next) => {
      if (next === isActive) return;
      isActive = next;
      if (!next) {
        for (const row of rows.values()) observer.unobserve(row.element);
        return;
      }
      asked = "";
      for (const row of rows.values()) observer.observe(row.element);
      drawFirst();
      if (pendingID !== undefined && rows.has(pendingID)) goTo(pendingID);
      else if (isFollowing) requestAnimationFrame(scrollToEnd);
      else {
        pinnedID = readID;
        if (readID !== undefined) alignTo(readID);
      }
      setShown(toEnd, !isFollowing);
    },
    show: ({ messageID, direction }) => {
      if (messageID !== undefined) goTo(messageID);
      if (direction !== undefined) goToPrompt(direction);
    },
    follow,
    controls,
    found: (text, messageIDs) => {
      find.found(text, messageIDs);
      find.mark(holder);
    },
  };
}

function createRow(entry: ConversationEntry): Row {
  const row = element("div", {
    class: `row ${entry.kind}`,
    role: "listitem",
    tabindex: -1,
    "data-message": entry.id,
  });
  row.style.minHeight = `${ESTIMATED_HEIGHT_PX}px`;
  return { entry, element: row, view: undefined };
}

function createRevertedNote(ask: (message: FromPage) => void): HTMLElement {
  const undo = (): void => {
    ask({ type: "command", command: "unrevert" });
  };
  return element(
    "div",
    { class: "reverted-note", role: "listitem", hidden: true },
    t("Reverted: what follows is hidden from the model, and the next prompt removes it."),
    " ",
    plainButton({ class: "text-button" }, undo, t("Undo Revert…")),
  );
}
