import { plural, t } from "../../src/core/language.ts";
import type { RequestAnswer } from "../../src/core/state/request.ts";
import type { FromCards, ToCards } from "../../src/protocol/answers.ts";
import type { NamedText, RequestModel } from "../../src/viewModels/conversation/requests.ts";
import { element, setShown, setText } from "../dom.ts";
import { createQuestionForm } from "./questionForm.ts";
import { requestButton } from "./requestButton.ts";

type Permission = Extract<RequestModel, { kind: "permission" }>;

/** The requests waiting for an answer, one card each. */
export interface RequestCards {
  readonly element: HTMLElement;
  receive(said: ToCards): void;
  /** Sets whether the cards are visible; a card that should be focused receives the focus then. */
  setActive(isActive: boolean): void;
}

interface Card {
  readonly element: HTMLElement;
  readonly key: string;
  fail(reason: string): void;
  focus(): void;
}

/**
 * Creates the cards. A card keeps its elements while its request waits. A control that allows something never
 * gets the focus automatically, and Enter in a text field submits nothing. `onAnswered` is called when the
 * focused card is gone and no other is left.
 */
export function createRequestCards(
  ask: (answer: FromCards) => void,
  onAnswered: () => void,
): RequestCards {
  const spoken = element("div", { class: "visually-hidden", "aria-live": "polite" });
  const list = element("div", {
    class: "requests",
    "aria-label": t("Waiting for you"),
    role: "list",
  });
  const holder = element("div", {}, list, spoken);
  const cards = new Map<string, Card>();
  /** The card to focus as soon as it exists. */
  let pendingFocusID: string | undefined;
  let isActive = false;
  let shieldTimer: ReturnType<typeof setTimeout> | undefined;

  /** Blocks clicks briefly: the card under the pointer has changed, and a click may be meant for the old one. */
  function shield(): void {
    list.classList.add("is-shielded");
    clearTimeout(shieldTimer);
    shieldTimer = setTimeout(() => {
      list.classList.remove("is-shielded");
    }, SHIELD_MS);
  }

  function draw(requests: readonly RequestModel[]): void {
    const wanted = new Map(requests.map((request) => [request.requestID, keyOf(request)]));
    let hadFocus = false;
    for (const [id, card] of cards) {
      if (wanted.get(id) === card.key) continue;
      hadFocus ||= card.element.contains(document.activeElement);
      card.element.remove();
      cards.delete(id);
      shield();
    }
    const fresh: string[] = [];
    for (const [at, request] of requests.entries()) {
      const { sessionID, requestID } = request;
      let card = cards.get(requestID);
      if (card === undefined) {
        card = createCard(request, (answer) => {
          ask({ ...answer, sessionID, requestID });
        });
        cards.set(requestID, card);
        shield();
        fresh.push(request.headline);
      }
      if (list.children[at] !== card.element) {
        list.insertBefore(card.element, list.children[at] ?? null);
      }
    }
    setShown(list, requests.length > 0);
    if (hadFocus) {
      const [next] = cards.values();
      if (next === undefined) onAnswered();
      else next.focus();
    }
    if (fresh.length > 0) {
      // A new element is read out even if its words are the same as before.
      const count = plural(fresh.length, "{0} request", "{0} requests");
      spoken.replaceChildren(element("p", {}, `${count}: ${fresh.join("; ")}`));
    }
  }

  function focus(): void {
    const card = pendingFocusID === undefined ? undefined : cards.get(pendingFocusID);
    if (card === undefined || !isActive) return;
    pendingFocusID = undefined;
    card.focus();
  }

  draw([]);
  return {
    element: holder,
    setActive: (next) => {
      isActive = next;
      focus();
    },
    receive: (said) => {
      switch (said.kind) {
        case "requests":
          draw(said.requests);
          break;
        case "failed":
          cards.get(said.requestID)?.fail(said.reason);
          break;
        case "focus":
          pendingFocusID = said.requestID;
          break;
      }
      focus();
    },
  };
}

/** Identifies a card's content; a changed sub-session title alone does not recreate the card. */
function keyOf(request: RequestModel): string {
  return JSON.stringify({ ...request, from: undefined });
}

/** How long cards ignore clicks after one was added or removed. */
const SHIELD_MS = 500;

function createCard(request: RequestModel, ask: (answer: RequestAnswer) => void): Card {
  const notice = element("p", { class: "request-failure", role: "status" });
  const fields = element("fieldset", { class: "request-fields" });
  let used: Element | null = null;
  const send = (answer: RequestAnswer): void => {
    setText(notice, "");
    used = document.activeElement;
    // A control loses the focus when it is disabled, and the next Tab would begin at the top of the page.
    if (fields.contains(used)) title.focus();
    fields.disabled = true;
    ask(answer);
  };
  const title = element(
    "p",
    { class: "request-title", tabindex: -1 },
    element(
      "strong",
      {},
      request.kind === "permission" ? t`Allow ${request.tool}?` : t("A question for you"),
    ),
    ...(request.from === undefined ? [] : [" ", t`in the sub-session “${request.from}”`]),
  );
  fields.append(
    ...(request.kind === "permission"
      ? permissionElements(request, send)
      : [createQuestionForm(request.questions, send)]),
  );
  return {
    element: element(
      "div",
      { class: "request", role: "listitem", "data-request": request.requestID },
      title,
      fields,
      notice,
    ),
    key: keyOf(request),
    fail: (reason) => {
      fields.disabled = false;
      setText(notice, reason);
      if (document.activeElement === title && used instanceof HTMLElement) used.focus();
    },
    focus: () => {
      title.focus();
      title.scrollIntoView({ block: "nearest" });
    },
  };
}

function permissionElements(
  { about, diff, always, isCut }: Permission,
  send: (answer: RequestAnswer) => void,
): readonly HTMLElement[] {
  const details = element("div", { class: "request-details" }, ...about.map(aboutElement));
  if (diff.length > 0) {
    details.append(
      element(
        "pre",
        { class: "diff", tabindex: 0, "aria-label": t("Changes") },
        ...diff.map(({ kind, text }) =>
          element("span", { class: `diff-line ${kind}` }, `${text}\n`),
        ),
      ),
    );
  }
  const reason = element("input", {
    type: "text",
    class: "request-text",
    placeholder: t("Reason (optional)"),
    "aria-label": t("What should it do instead? Leave empty to end its turn."),
  });
  const first = element("div", { class: "request-buttons" });
  const alwaysStep = element("div", { class: "request-step", hidden: true });
  const rejectStep = element("div", { class: "request-step", hidden: true });
  const steps = [first, alwaysStep, rejectStep];
  const show = (step: HTMLElement, focused: HTMLElement): void => {
    for (const other of steps) setShown(other, other === step);
    focused.focus();
  };
  const alwaysButton = requestButton(t("Always Allow…"), "secondary", () => {
    show(alwaysStep, alwaysBack);
  });
  const rejectButton = requestButton(t("Reject…"), "secondary", () => {
    show(rejectStep, reason);
  });
  const alwaysBack = requestButton(t("Back"), "secondary", () => {
    show(first, alwaysButton);
  });
  const rejectBack = requestButton(t("Back"), "secondary", () => {
    show(first, rejectButton);
  });
  const onceButton = requestButton(t("Allow Once"), "primary", () => {
    send({ kind: "permission", reply: "once" });
  });
  const allowing = always === undefined ? [onceButton] : [onceButton, alwaysButton];
  first.append(
    ...(isCut
      ? [element("p", {}, t("This is too long to show in full: it can only be rejected here."))]
      : allowing),
    rejectButton,
  );
  alwaysStep.append(
    element("p", {}, always ?? ""),
    alwaysBack,
    requestButton(t("Always Allow"), "primary", () => {
      send({ kind: "permission", reply: "always" });
    }),
  );
  rejectStep.append(
    element("p", {}, t("What should it do instead? Leave empty to end its turn.")),
    reason,
    rejectBack,
    requestButton(t("Reject"), "primary", () => {
      const text = reason.value.trim();
      send({ kind: "permission", reply: "reject", reason: text === "" ? undefined : text });
    }),
  );
  return [details, ...steps];
}

function aboutElement({ name, text }: NamedText): HTMLElement {
  const label = { command: t("Command"), pattern: t("Pattern"), file: t("File") }[name];
  return element(
    "div",
    { class: "request-about" },
    element("span", { class: "request-label" }, label),
    element("pre", { tabindex: 0, "aria-label": label }, element("code", {}, text)),
  );
}
