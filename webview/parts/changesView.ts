import { t } from "../../src/core/language.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import {
  type ChangedFile,
  type FilesChanged,
  linesText,
  statusWord,
} from "../../src/viewModels/documents/filesChanged.ts";
import { formatDateTime } from "../../src/viewModels/text/format.ts";
import { element, setShown } from "../dom.ts";

export interface ChangesView {
  readonly element: HTMLElement;
  draw(files: FilesChanged): void;
}

/** The files a session changed, overall and then turn by turn. Each opens in the diff editor. */
export function createChangesView(ask: (message: FromPage) => void): ChangesView {
  const empty = element("p", { class: "empty" }, t("This session has changed no files"));
  const groups = element("div", { class: "changes" });
  let drawn = "";
  const openAll = (files: readonly ChangedFile[], messageID: string | undefined): HTMLElement => {
    const button = element("button", { type: "button", class: "text-button" }, t("Open All"));
    button.addEventListener("click", () => {
      ask({ type: "openFileDiffs", messageID, files: files.map(({ file }) => file) });
    });
    return button;
  };
  const group = (
    title: string,
    note: string,
    files: readonly ChangedFile[],
    messageID: string | undefined,
  ): HTMLElement =>
    element(
      "section",
      { class: "changes-group" },
      element(
        "h2",
        {},
        title,
        " ",
        element("span", { class: "changes-note" }, note),
        " ",
        ...(files.length < 2 ? [] : [openAll(files, messageID)]),
      ),
      element(
        "ul",
        {},
        ...files.map((changed) => {
          const link = element("button", { type: "button", class: "link" }, changed.file);
          link.addEventListener("click", () => {
            ask({ type: "openFileDiffs", messageID, files: [changed.file] });
          });
          const words = [statusWord(changed.status), linesText(changed.lines)];
          const note = words.filter((word) => word !== "").join(" · ");
          return element("li", {}, link, " ", element("span", { class: "changes-note" }, note));
        }),
      ),
    );
  return {
    element: element("div", {}, empty, groups),
    draw: (files) => {
      const wanted = JSON.stringify(files);
      if (wanted === drawn) return;
      drawn = wanted;
      const { session, turns } = files;
      setShown(empty, session.length === 0 && turns.length === 0);
      groups.replaceChildren(
        ...(session.length === 0
          ? []
          : [group(t("Whole session"), t("all turns together"), session, undefined)]),
        ...turns.map(({ title, createdMs, isReverted, files: changed, messageID }) =>
          group(
            title,
            [formatDateTime(createdMs), ...(isReverted ? [t("reverted")] : [])].join(" · "),
            changed,
            messageID,
          ),
        ),
      );
    },
  };
}
