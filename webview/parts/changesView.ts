import { t } from "../../src/core/language.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import {
  type ChangedFile,
  type FilesChanged,
  linesText,
  statusWord,
} from "../../src/viewModels/documents/filesChanged.ts";
import { formatDateTime } from "../../src/viewModels/text/format.ts";
import { element, plainButton, setShown, type View } from "../dom.ts";

/** The files a session changed, overall and then turn by turn. Each opens in the diff editor. */
export function createChangesView(ask: (message: FromPage) => void): View<FilesChanged> {
  const empty = element("p", { class: "empty" }, t("This session has changed no files"));
  const groups = element("div", { class: "changes" });
  let drawn = "";
  const open = (files: readonly ChangedFile[], messageID: string | undefined) => (): void => {
    ask({ type: "openFileDiffs", messageID, files: files.map(({ file }) => file) });
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
        ...(files.length < 2
          ? []
          : [plainButton({ class: "text-button" }, open(files, messageID), t("Open All"))]),
      ),
      element(
        "ul",
        {},
        ...files.map((changed) => {
          const link = plainButton({ class: "link" }, open([changed], messageID), changed.file);
          const note = `${statusWord(changed.status)} · ${linesText(changed.lines)}`;
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
