import { t } from "../../src/core/language.ts";
import type { BreakdownModel } from "../../src/viewModels/breakdown/breakdown.ts";
import {
  type MessageOrder,
  messageOrder,
  messagesTable,
} from "../../src/viewModels/breakdown/breakdownTables.ts";
import { formatCount } from "../../src/viewModels/text/format.ts";
import { element, setShown, setText } from "../dom.ts";
import { createButton, createDropdown } from "../toolkit.ts";
import { createTableView } from "./tableView.ts";

export interface MessagesView {
  readonly element: HTMLElement;
  draw(model: BreakdownModel, order: MessageOrder, page: number): void;
}

/** Rows per page: as many as a grid draws without a noticeable delay. */
const PAGE_SIZE = 50;

const ORDERS: readonly { readonly value: MessageOrder; readonly label: string }[] = [
  { value: "newest", label: t("Newest first") },
  { value: "oldest", label: t("Oldest first") },
  { value: "tokens", label: t("Most tokens") },
  { value: "cost", label: t("Highest cost") },
];

/** The table of messages, one page at a time, in a selectable order. */
export function createMessagesView(
  onOrder: (order: MessageOrder) => void,
  onPage: (page: number) => void,
): MessagesView {
  const order = createDropdown(t("Order of messages"), ORDERS, (value) => {
    const found = ORDERS.find((option) => option.value === value);
    if (found !== undefined) onOrder(found.value);
  });
  let page = 0;
  const turn = (label: string, hint: string, by: number) =>
    createButton({
      label,
      hint,
      onClick: () => {
        onPage(page + by);
      },
    });
  const back = turn(t("Previous"), t("Previous page of messages"), -1);
  const next = turn(t("Next"), t("Next page of messages"), 1);
  const place = element("span", { class: "page-place" });
  const spoken = element("span", { class: "visually-hidden", role: "status" });
  const pager = element("div", { class: "pager" }, back.element, place, spoken, next.element);
  const table = createTableView(() => undefined);
  const empty = element("p", { class: "empty" }, t("No answers yet"));
  return {
    element: element(
      "div",
      { class: "table-view" },
      element(
        "div",
        { class: "toolbar" },
        order.element,
        element("span", { class: "spacer" }),
        pager,
      ),
      table.element,
      empty,
    ),
    draw: (model, orderBy, wantedPage) => {
      const count = model.points.length;
      const pages = Math.max(1, Math.ceil(count / PAGE_SIZE));
      const before = page;
      page = Math.min(wantedPage, pages - 1);
      order.setValue(orderBy);
      const first = page * PAGE_SIZE;
      const shown = messageOrder(model.points, orderBy).slice(first, first + PAGE_SIZE);
      setText(
        place,
        t`${formatCount(first + 1)}–${formatCount(first + shown.length)} of ${formatCount(count)}`,
      );
      if (page !== before) setText(spoken, place.textContent);
      back.setRefusal(page === 0 ? t("This is the first page") : undefined);
      next.setRefusal(page >= pages - 1 ? t("This is the last page") : undefined);
      setShown(pager, pages > 1);
      setShown(empty, count === 0);
      setShown(table.element, count > 0);
      table.draw(messagesTable(model, shown), count, first);
    },
  };
}
