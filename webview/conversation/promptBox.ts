import { t } from "../../src/core/language.ts";
import type { PromptDelivery } from "../../src/core/state/prompt.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import type { FromPromptBox, ToPromptBox } from "../../src/protocol/promptBox.ts";
import {
  completed,
  completionsOf,
  type PromptOffers,
  wordAt,
} from "../../src/viewModels/conversation/completion.ts";
import type { PromptBoxState } from "../../src/viewModels/conversation/promptBox.ts";
import { element, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import { createAttachedFiles } from "./attachedFiles.ts";
import { createCompletionList } from "./completionList.ts";
import { waitForCompositions } from "./composition.ts";
import { readDropped, readPasted } from "./droppedFiles.ts";
import { createPromptHistory } from "./promptHistory.ts";
import { createPromptPicker } from "./promptPicker.ts";

/** The box where a prompt is written, with its agent, model, attachments and sending status. */
export interface PromptBox {
  readonly element: HTMLElement;
  receive(said: ToPromptBox): void;
  /** Sets whether the box is visible; when it becomes visible, it takes the focus if that was requested. */
  setActive(isActive: boolean): void;
}

/** The text is sent to the host after a pause in typing. */
const DRAFT_DELAY_MS = 200;
const FIND_DELAY_MS = 120;
/** The confirmation can be short: the sent prompt also appears in the conversation. */
const SENT_SHOWN_MS = 5000;
/** The share of the window's height the text may take. */
const MAX_WINDOW_SHARE = 0.4;

const NO_OFFERS: PromptOffers = { agents: [], models: [], commands: [] };

export function createPromptBox(post: (message: FromPage) => void): PromptBox {
  const ask = (asked: FromPromptBox): void => {
    post({ type: "prompt", asked });
  };
  const hints = element("p", { class: "prompt-hints" });
  const field = element("textarea", {
    class: "prompt-text",
    rows: 2,
    "aria-label": t("Prompt"),
    "aria-describedby": "prompt-notice",
    placeholder: t("Write a prompt. Enter sends it, Shift+Enter starts a new line."),
    spellcheck: "false",
  });
  const notice = element("p", { class: "prompt-notice", id: "prompt-notice" });
  const status = element("p", { class: "prompt-status", role: "status" });
  const files = createAttachedFiles((id) => {
    ask({ kind: "detach", id });
    field.focus();
  });
  const agents = createPromptPicker(t("Agent"), (name) => {
    ask({ kind: "chooseAgent", name });
  });
  const models = createPromptPicker(t("Model"), (key) => {
    ask({ kind: "chooseModel", key });
  });
  const send = createButton({ label: t("Send"), appearance: "primary", onClick: submit });
  const steer = createButton({
    label: t("Steer"),
    hint: t("Steer: the running turn reads the prompt before its next step (Ctrl+Enter)"),
    onClick: () => {
      submit("steer");
    },
  });
  const stop = createButton({
    label: t("Stop"),
    hint: t("Stop what is running in this session"),
    onClick: () => {
      post({ type: "command", command: "stop" });
    },
  });
  const attach = createButton({
    label: t("Attach Selection"),
    hint: t("Attach selection: add the text selected in the editor, with its file and lines"),
    appearance: "icon",
    onClick: () => {
      ask({ kind: "attachSelection" });
    },
  });
  const list = createCompletionList(field, t("Completions"), (completion) => {
    const word = currentWord();
    if (word === undefined) return;
    const { text, caret } = completed(field.value, word, completion);
    write(text, caret);
    list.hide();
  });
  const whenComposed = waitForCompositions(field);
  /** `isShown`: the notice has the same text, so this is for screen readers alone. */
  const showStatus = (message: string, isShown = false): void => {
    setText(status, message);
    status.classList.toggle("visually-hidden", isShown);
  };
  const history = createPromptHistory(
    () => {
      ask({ kind: "history" });
    },
    (text, caret) => {
      write(text, caret === "start" ? 0 : text.length);
    },
  );
  const box = element(
    "section",
    { class: "prompt-box", "aria-label": t("Prompt") },
    hints,
    element("div", { class: "prompt-field" }, list.element, files.element, field),
    element(
      "div",
      { class: "prompt-bar" },
      agents.element,
      models.element,
      attach.element,
      notice,
      element("span", { class: "prompt-buttons" }, stop.element, steer.element, send.element),
    ),
    status,
  );

  let state: PromptBoxState | undefined;
  let offers = NO_OFFERS;
  let foundFiles: readonly string[] = [];
  let hasRequestedOffers = false;
  let isSending = false;
  let isActive = false;
  let wantsFocus = false;
  let draftTimer: ReturnType<typeof setTimeout> | undefined;
  let findTimer: ReturnType<typeof setTimeout> | undefined;
  let requestedQuery: string | undefined;
  /** The completions were dismissed; they stay hidden until the text changes. */
  let isDismissed = false;

  field.addEventListener("input", () => {
    history.leave();
    isDismissed = false;
    setText(status, "");
    sendDraftSoon();
    grow();
    complete();
  });
  field.addEventListener("keydown", onKey);
  field.addEventListener("click", complete);
  field.addEventListener("blur", () => {
    list.hide();
    sendDraft();
  });
  field.addEventListener("paste", (event) => {
    readPasted(event, attachFile, showStatus);
  });
  box.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.classList.add("is-dropped-on");
  });
  box.addEventListener("dragleave", () => {
    box.classList.remove("is-dropped-on");
  });
  box.addEventListener("drop", (event) => {
    box.classList.remove("is-dropped-on");
    readDropped(event, attachFile, showStatus, (uris) => {
      ask({ kind: "attachURIs", uris });
    });
  });
  // Before a list is opened: one that fills while open would jump.
  box.addEventListener("pointerenter", requestOffers);
  box.addEventListener("focusin", requestOffers);
  window.addEventListener("resize", grow);

  function onKey(event: KeyboardEvent): void {
    // The key belongs to an IME composition.
    if (event.isComposing) return;
    const { key } = event;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (list.isOpen && isPlain && !event.shiftKey) {
      if (key === "ArrowDown" || key === "ArrowUp") list.move(key === "ArrowDown" ? 1 : -1);
      else if (key === "Enter" || key === "Tab") list.take();
      else if (key === "Escape") {
        isDismissed = true;
        list.hide();
      } else return;
      event.preventDefault();
      return;
    }
    if (key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit(!isPlain && state?.notice.canSteer === true ? "steer" : undefined);
    } else if ((key === "ArrowUp" || key === "ArrowDown") && isPlain && !event.shiftKey) {
      if (history.step(key === "ArrowUp" ? 1 : -1, field)) event.preventDefault();
    }
  }

  function submit(delivery?: PromptDelivery): void {
    if (isSending) return;
    if (state?.notice.kind === "refused") {
      showStatus(state.notice.text, true);
      return;
    }
    clearTimeout(draftTimer);
    isSending = true;
    field.readOnly = true;
    list.hide();
    setText(status, "");
    ask({ kind: "send", text: field.value, ...(delivery === undefined ? {} : { delivery }) });
    drawSend();
  }

  function attachFile(name: string, mime: string, base64: string): void {
    ask({ kind: "attach", name, mime, base64 });
  }

  function requestOffers(): void {
    if (hasRequestedOffers) return;
    hasRequestedOffers = true;
    ask({ kind: "offers" });
  }

  function sendDraftSoon(): void {
    clearTimeout(draftTimer);
    draftTimer = setTimeout(sendDraft, DRAFT_DELAY_MS);
  }

  let written = "";
  function sendDraft(): void {
    clearTimeout(draftTimer);
    if (isSending || field.value === written) return;
    written = field.value;
    ask({ kind: "wrote", text: written });
  }

  function write(text: string, caret: number): void {
    field.value = text;
    field.setSelectionRange(caret, caret);
    sendDraftSoon();
    grow();
  }

  /** Shows a text that the host knows. */
  function replace(text: string): void {
    history.leave();
    write(text, text.length);
    clearTimeout(draftTimer);
    written = text;
  }

  function grow(): void {
    field.style.height = "auto";
    const most = window.innerHeight * MAX_WINDOW_SHARE;
    const border = field.offsetHeight - field.clientHeight;
    field.style.height = `${Math.min(most, field.scrollHeight + border)}px`;
  }

  function currentWord(): ReturnType<typeof wordAt> {
    const { selectionStart, selectionEnd, value } = field;
    return selectionStart === selectionEnd ? wordAt(value, selectionStart) : undefined;
  }

  function complete(): void {
    const word = currentWord();
    if (word === undefined || isDismissed) {
      list.hide();
      return;
    }
    requestOffers();
    if (word.kind === "mention" && word.query !== requestedQuery) {
      requestedQuery = word.query;
      clearTimeout(findTimer);
      findTimer = setTimeout(() => {
        ask({ kind: "findFiles", query: word.query });
      }, FIND_DELAY_MS);
    }
    // Results for a shorter query are shown until the new ones arrive.
    const fitting = foundFiles.filter((file) =>
      file.toLowerCase().includes(word.query.toLowerCase()),
    );
    list.show(completionsOf(word, offers, fitting));
  }

  function drawSend(): void {
    const { notice: next } = state ?? {};
    const refused = next?.kind === "refused" ? next.text : undefined;
    const refusal = isSending ? t("The prompt is being sent.") : refused;
    send.setRefusal(refusal);
    steer.setRefusal(refusal);
    setShown(steer.element, next?.canSteer === true);
    const isQueued = next?.kind === "queued";
    send.setLabel(isQueued ? t("Queue") : t("Send"), isQueued ? next.text : "");
  }

  function drawState(next: PromptBoxState): void {
    state = next;
    setText(notice, next.notice.text);
    notice.classList.toggle("is-refused", next.notice.kind === "refused");
    setShown(notice, next.notice.text !== "");
    setShown(stop.element, next.isRunning);
    drawSend();
    agents.draw(next.agent);
    models.draw(next.model);
    setShown(hints, next.hints.length > 0);
    hints.replaceChildren(
      ...next.hints.map(({ text, tooltip }) => element("span", { title: tooltip }, text)),
    );
    files.draw(next.files);
  }

  function focusSoon(): void {
    wantsFocus = true;
    if (!isActive) return;
    wantsFocus = false;
    field.focus();
  }

  function take(said: Exclude<ToPromptBox, { readonly kind: "state" }>): void {
    switch (said.kind) {
      case "write":
        if (said.text !== undefined) replace(said.text);
        if (said.isFocused) focusSoon();
        return;
      case "follow":
        // What is being written here is newer, and goes to the others.
        if (!isSending && !field.matches(":focus")) replace(said.text);
        return;
      case "insert": {
        const { value, selectionStart, selectionEnd } = field;
        const before = value.slice(0, selectionStart);
        // A name is inserted in the current line, whole lines below it.
        const space = said.text.startsWith("@") ? " " : "\n";
        const gap = before === "" || /\s$/.test(before) ? "" : space;
        const put = before + gap + said.text;
        write(put + value.slice(selectionEnd), put.length);
        focusSoon();
        return;
      }
      case "offers":
        ({ offers } = said);
        // After a failure they are requested again.
        hasRequestedOffers = said.failure === undefined;
        if (said.failure !== undefined) showStatus(said.failure);
        agents.offer(
          offers.agents
            .filter(({ isPrimary }) => isPrimary)
            .map(({ name }) => ({ key: name, name, group: "" })),
        );
        models.offer(
          offers.models.map(({ key, name, provider }) => ({ key, name, group: provider })),
        );
        if (document.activeElement === field) complete();
        return;
      case "filesFound":
        // A later search may have superseded this one.
        if (said.query !== requestedQuery) return;
        foundFiles = said.files;
        if (document.activeElement === field) complete();
        return;
      case "history":
        history.fill(said.prompts, field);
        return;
      case "outcome":
        isSending = false;
        field.readOnly = false;
        drawSend();
        showStatus(said.message);
        if (!said.isSent) return;
        setTimeout(() => {
          if (status.textContent === said.message) showStatus("");
        }, SENT_SHOWN_MS);
        replace("");
        // The answer will appear at the end.
        document.documentElement.scrollTop = document.documentElement.scrollHeight;
        return;
      case "note":
        showStatus(said.message);
    }
  }

  return {
    element: box,
    receive: (said) => {
      if (said.kind === "state") drawState(said.state);
      else {
        whenComposed(() => {
          take(said);
        });
      }
    },
    setActive: (next) => {
      if (next === isActive) return;
      isActive = next;
      if (!isActive) return;
      grow();
      if (wantsFocus) focusSoon();
    },
  };
}
