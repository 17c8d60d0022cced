import { t } from "../../src/core/language.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import type {
  ConversationPart,
  ShownText,
} from "../../src/viewModels/conversation/conversationMessage.ts";
import { element, plainButton, setAttribute, setShown, setText, type View } from "../dom.ts";
import { createCode } from "./markdown.ts";

/** A part of a message. */
export interface PartView extends View<ConversationPart> {
  unfold?(text: string): void;
}

type ToolPart = Extract<ConversationPart, { kind: "tool" }>;

/** A tool call: one line with its state, which expands to show input and output. */
export function createToolView(ask: (message: FromPage) => void): PartView {
  const tool = element("span", { class: "tool-name" });
  const title = element("span", { class: "tool-title" });
  const state = element("span", { class: "tool-state" });
  const body = element("div", { class: "tool-body" });
  const details = element(
    "details",
    { class: "tool" },
    element("summary", {}, tool, title, state),
    body,
  );
  let part: ToolPart | undefined;
  let drawn = "";
  const openChild = (): void => {
    const sessionID = part?.childSessionID;
    if (sessionID !== undefined) ask({ type: "openSession", sessionID });
  };
  const child = plainButton({ class: "text-button" }, openChild, t("Open Sub-session"));
  const drawBody = (): void => {
    if (!details.open || part === undefined) return;
    const { input, output, error } = part;
    const wanted = JSON.stringify([input, output, error]);
    if (wanted === drawn) return;
    drawn = wanted;
    body.replaceChildren(
      ...input.flatMap((text) => section(text.name ?? t("Input"), text)),
      ...(output === undefined ? [] : section(t("Output"), output)),
      ...(error === undefined ? [] : section(t("Error"), error)),
    );
  };
  details.addEventListener("toggle", drawBody);
  return {
    element: element("div", { class: "tool-line" }, details, child),
    draw: (next) => {
      if (next.kind !== "tool") return;
      part = next;
      setText(tool, next.tool);
      setText(title, next.title);
      setAttribute(title, "title", next.title);
      setText(state, next.state);
      setAttribute(details, "class", `tool ${next.status}`);
      setShown(child, next.childSessionID !== undefined);
      drawBody();
    },
    unfold: (wanted) => {
      const texts = [...(part?.input ?? []), part?.output, part?.error];
      if (texts.some((text) => text?.text.toLowerCase().includes(wanted) === true))
        details.open = true;
    },
  };
}

function section(label: string, { language, text, isCut }: ShownText): readonly HTMLElement[] {
  const cut = element(
    "p",
    { class: "message-note" },
    t("The output is truncated: “Open as Markdown” shows all of it."),
  );
  setShown(cut, isCut);
  return [
    element("p", { class: "tool-label" }, label),
    // Focusable, so that long text can be scrolled with the keyboard.
    element("pre", { tabindex: 0, "aria-label": label }, createCode(text, language)),
    cut,
  ];
}
