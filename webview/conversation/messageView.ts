import { t } from "../../src/core/language.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import type {
  ConversationMessage,
  ConversationPart,
  ConversationTurn,
} from "../../src/viewModels/conversation/conversationMessage.ts";
import {
  drawEach,
  element,
  plainButton,
  setAttribute,
  setShown,
  setText,
  type View,
} from "../dom.ts";
import { createMarkdownView } from "./markdown.ts";
import { createToolView, type PartView } from "./toolView.ts";

/** One message of a conversation. */
export interface MessageView extends View<ConversationMessage> {
  /** Opens the folded parts that contain the searched text. */
  unfold(text: string): void;
}

/** Creates a message. Its parts keep their elements while it is written, so unfolded parts stay open. */
export function createMessageView(ask: (message: FromPage) => void): MessageView {
  const name = element("span", { class: "message-name" });
  const time = element("span", { class: "message-time" });
  const queued = element("span", { class: "message-queued" }, t("queued"));
  const figures = element("span", { class: "message-figures" });
  const actions = element("span", { class: "message-actions" });
  const head = element("div", { class: "message-head" }, name, time, queued, actions, figures);
  const body = element("div", { class: "message-body" });
  const failure = element("p", { class: "message-error" });
  const turn = element("div", { class: "message-turn" });
  const parts = new Map<string, PartView>();
  let drawnActions = "";
  let drawnTurn = "";
  let message: ConversationMessage | undefined;
  const action = (label: string, onClick: () => void, name = label): HTMLElement =>
    plainButton({ class: "text-button", title: name, "aria-label": name }, onClick, label);
  const command = (name: "fork" | "revert" | "openMarkdown") => (): void => {
    ask({ type: "command", command: name, messageID: message?.id });
  };

  const drawActions = ({ kind }: ConversationMessage): void => {
    if (kind === drawnActions) return;
    drawnActions = kind;
    const copy = action(t("Copy"), () => {
      ask({ type: "copyText", text: textOf(message) });
    });
    actions.replaceChildren(
      ...(kind === "prompt"
        ? [
            copy,
            action(t("Fork"), command("fork"), t("Fork from Here")),
            action(t("Revert…"), command("revert"), t("Revert to Here…")),
          ]
        : [copy, action(t("Markdown"), command("openMarkdown"), t("Open as Markdown"))]),
    );
  };
  const drawTurn = (next: ConversationTurn | undefined): void => {
    const wanted = JSON.stringify(next ?? null);
    if (wanted === drawnTurn) return;
    drawnTurn = wanted;
    setShown(turn, next !== undefined);
    if (next !== undefined) turn.replaceChildren(...turnElements(next, ask));
  };

  const holder = element("div", { class: "message" }, head, body, failure, turn);
  return {
    element: holder,
    draw: (next) => {
      message = next;
      holder.classList.toggle("is-continued", next.isContinued);
      setText(name, next.name);
      setText(time, next.time);
      setAttribute(head, "title", next.moment);
      setShown(queued, next.isQueued);
      setText(figures, next.figures);
      drawActions(next);
      drawEach(body, parts, next.parts, keyOf, (part) => createPartView(part, ask));
      setShown(failure, next.error !== undefined);
      setText(failure, next.error === undefined ? "" : t`Failed: ${next.error}`);
      drawTurn(next.turn);
    },
    unfold: (text) => {
      for (const part of parts.values()) part.unfold?.(text);
    },
  };
}

/** The text of a message as it is copied: only its prose, without tools and thoughts. */
export function textOf(message: ConversationMessage | undefined): string {
  return (message?.parts ?? [])
    .flatMap((part) => (part.kind === "markdown" ? part.text : []))
    .join("\n\n");
}

function keyOf({ kind, id }: ConversationPart): string {
  return `${kind} ${id}`;
}

function createPartView(part: ConversationPart, ask: (message: FromPage) => void): PartView {
  switch (part.kind) {
    case "markdown": {
      const view = createMarkdownView();
      return {
        element: view.element,
        draw: (next) => {
          if (next.kind === "markdown") view.draw(next.text);
        },
      };
    }
    case "thought":
      return createThoughtView();
    case "tool":
      return createToolView(ask);
    case "picture": {
      const picture = element("img", { class: "message-picture" });
      const holder = element("p", { class: "message-note" }, picture);
      picture.addEventListener("error", () => {
        holder.replaceChildren(picture.alt);
      });
      return {
        element: holder,
        draw: (next) => {
          if (next.kind !== "picture" || picture.src === next.url) return;
          picture.alt = next.text;
          picture.src = next.url;
        },
      };
    }
    case "note": {
      const note = element("p", { class: "message-note" });
      return {
        element: note,
        draw: (next) => {
          if (next.kind === "note") setText(note, next.text);
        },
      };
    }
  }
}

function createThoughtView(): PartView {
  const summary = element("summary", {});
  const view = createMarkdownView();
  const details = element("details", { class: "thought" }, summary, view.element);
  let text = "";
  const draw = (): void => {
    // Folded parts are not drawn while they are written.
    if (details.open) view.draw(text);
  };
  details.addEventListener("toggle", draw);
  return {
    element: details,
    draw: (part) => {
      if (part.kind !== "thought") return;
      ({ text } = part);
      setText(summary, part.label);
      draw();
    },
    unfold: (wanted) => {
      if (text.toLowerCase().includes(wanted)) details.open = true;
    },
  };
}

function turnElements(
  { promptID, figures, files }: ConversationTurn,
  ask: (message: FromPage) => void,
): readonly HTMLElement[] {
  const lines: HTMLElement[] = [];
  if (figures !== "") lines.push(element("p", { class: "turn-figures" }, figures));
  if (files.length === 0) return lines;
  const list = element("ul", {
    class: "turn-files",
    "aria-label": t("Files changed by this turn"),
  });
  for (const { file, additions, deletions } of files) {
    const open = (): void => {
      ask({ type: "openFileDiffs", messageID: promptID, files: [file] });
    };
    const link = plainButton({ class: "link", title: t`Show the changes to ${file}` }, open, file);
    const counts = element(
      "span",
      { class: "line-counts" },
      element("span", { class: "additions" }, `+${additions}`),
      " ",
      element("span", { class: "deletions" }, `−${deletions}`),
    );
    list.append(element("li", {}, link, " ", counts));
  }
  return [...lines, list];
}
