/**
 * The session page: draws what the extension host sends and sends back requests only the host can carry out.
 * VS Code keeps the user's choices, so hiding or reloading the panel does not change what they see.
 */
import { t } from "../../src/core/language.ts";
import type { SessionRef } from "../../src/core/state/session.ts";
import { setShownCurrency } from "../../src/core/usage/currency.ts";
import { type SessionChoices, TAB_ATTRIBUTE, type ToSession } from "../../src/protocol/page.ts";
import { SESSION_TABS, type SessionTab } from "../../src/viewModels/conversation/sessionPlace.ts";
import { createConversationView } from "../conversation/conversationView.ts";
import { createDock } from "../conversation/dock.ts";
import { listenForLinks } from "../conversation/markdown.ts";
import { createPromptBox } from "../conversation/promptBox.ts";
import { createRequestCards } from "../conversation/requestCards.ts";
import { connectHost } from "../host.ts";
import { startPage } from "../page.ts";
import { reportWidth } from "../width.ts";
import { createSessionView, type SessionModel } from "./sessionView.ts";
import type { ViewChoices } from "./viewChoices.ts";

const CONTENTS: Readonly<Record<ToSession["type"], string>> = {
  changes: "files",
  conversation: "update",
  facts: "facts",
  found: "messageIDs",
  prompt: "said",
  requests: "said",
  show: "tab",
  snapshot: "model",
  waiting: "message",
};

/** Starts the session page. Call once per page. */
export function startSession(): void {
  const host = connectHost<ToSession, SessionChoices>(CONTENTS, receive);
  const restored = host.kept();
  let choices: ViewChoices = restored ?? {
    tab: firstTab(),
    hiddenKinds: [],
    scope: "own",
    order: "newest",
    page: 0,
  };
  let ref: SessionRef | undefined = restored?.ref;
  let tableScrollTop = restored?.tableScrollTop ?? 0;
  let model: SessionModel | undefined;
  let keepTimer: ReturnType<typeof setTimeout> | undefined;

  const conversation = createConversationView(host.post, choices.messageID, (messageID) => {
    if (messageID === choices.messageID) return;
    choices = { ...choices, messageID };
    clearTimeout(keepTimer);
    keepTimer = setTimeout(keep, KEEP_DELAY_MS);
  });
  const prompt = createPromptBox(host.post);
  const cards = createRequestCards(
    (answer) => {
      host.post({ type: "answer", answer });
    },
    () => {
      prompt.element.querySelector("textarea")?.focus();
    },
  );
  const dock = createDock(cards.element, prompt.element);
  const view = createSessionView(host.post, choose, conversation);
  view.element.append(dock.element);
  listenForLinks(view.element, (href) => {
    host.post({ type: "openLink", href });
  });
  const page = startPage<SessionModel>({
    view: view.element,
    opening: { label: t("Waiting for the server"), text: t("Waiting for the session…") },
    // The conversation restores its own position.
    scrollTop: choices.tab === "conversation" ? undefined : (restored?.scrollTop ?? 0),
    onProblem: host.report,
    draw: (shown, theme, nowMs) => {
      view.draw(shown, choices, theme, nowMs);
      const isConversation = choices.tab === "conversation";
      dock.setShown(isConversation);
      prompt.setActive(isConversation);
      cards.setActive(isConversation);
    },
    onScroll: (part) => {
      if (part !== undefined) ({ scrollTop: tableScrollTop } = part);
      if (choices.tab !== "conversation") keep();
    },
    onRestore: () => {
      for (const table of document.querySelectorAll(".grid-scroll"))
        table.scrollTop = tableScrollTop;
    },
  });
  host.post({ type: "ready" });
  host.post({ type: "tab", tab: choices.tab });
  reportWidth(host.post);

  function receive(message: ToSession): void {
    switch (message.type) {
      case "snapshot": {
        const { model: breakdown } = message;
        show({ facts: breakdown, breakdown });
        return;
      }
      case "facts":
        show({ facts: message.facts });
        return;
      case "changes":
        show({ changes: message.files });
        return;
      case "waiting":
        ({ ref } = message);
        page.wait(message.message, message.isOver);
        keep();
        return;
      case "conversation":
        conversation.update(message.update);
        return;
      case "requests":
        if (message.said.kind === "requests") view.setWaiting(message.said.requests.length);
        cards.receive(message.said);
        return;
      case "prompt":
        prompt.receive(message.said);
        return;
      case "found":
        conversation.found(message.text, message.messageIDs);
        return;
      case "show":
        if (message.tab !== choices.tab) choose({ tab: message.tab });
        if (message.tab === "conversation") conversation.show(message);
        return;
    }
  }

  function show(part: Partial<Omit<SessionModel, "nowMs">>): void {
    const facts = part.facts ?? model?.facts;
    if (facts === undefined) return;
    const { nowMs } = facts;
    model = { breakdown: undefined, changes: undefined, ...model, ...part, facts, nowMs };
    setShownCurrency(facts.currency);
    // The side bar view has switched to another session, where the old reading position means nothing.
    if (ref !== undefined && ref.sessionID !== facts.ref.sessionID) conversation.follow();
    ({ ref } = facts);
    page.show(model);
    keep();
  }

  function choose(choice: Partial<ViewChoices>): void {
    const isOtherTab = choice.tab !== undefined && choice.tab !== choices.tab;
    choices = { ...choices, ...choice };
    if (isOtherTab) host.post({ type: "tab", tab: choices.tab });
    keep();
    page.redraw();
  }

  function keep(): void {
    clearTimeout(keepTimer);
    if (ref === undefined) return;
    host.keep({ ...choices, version: 1, ref, scrollTop: page.scrollTop, tableScrollTop });
  }
}

/** The tab the page was opened on. */
function firstTab(): SessionTab {
  const asked = document.body.getAttribute(TAB_ATTRIBUTE);
  return SESSION_TABS.find((tab) => tab === asked) ?? "conversation";
}

/** The reading position is saved this long after scrolling stops. */
const KEEP_DELAY_MS = 300;
