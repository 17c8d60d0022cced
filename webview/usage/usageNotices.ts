import { formatCount } from "../../src/viewModels/format.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import type { UsageActions } from "./usageActions.ts";

export interface UsageNotices {
  readonly element: HTMLElement;
  draw(model: UsageModel): void;
}

/** What one must know to read the figures right: a fill at work, and what keeps them from being whole. */
export function createUsageNotices({ ask }: Pick<UsageActions, "ask">): UsageNotices {
  const words = element("span", {});
  const bar = element("div", { class: "meter-fill" });
  const meter = element(
    "div",
    { class: "meter fill-meter", role: "progressbar", "aria-label": "Reading the history" },
    bar,
  );
  const cancel = createButton({
    label: "Cancel",
    hint: "Stop reading; what was read stays",
    onClick: () => {
      ask({ type: "cancelFill" });
    },
  });
  const fill = element(
    "div",
    { class: "notice info fill-notice", role: "status" },
    words,
    meter,
    cancel.element,
  );
  const problems = element("div", { class: "problems" });
  return {
    element: element("div", { class: "notices usage-notices" }, fill, problems),
    draw: (model) => {
      setShown(fill, model.fill !== undefined);
      if (model.fill !== undefined) {
        const { name, progress } = model.fill;
        const share =
          progress === undefined || progress.allSessions === 0
            ? undefined
            : Math.min(100, (progress.sessions / progress.allSessions) * 100);
        setText(
          words,
          progress === undefined
            ? `Reading the history of ${name}…`
            : `Reading the history of ${name}: ${formatCount(progress.sessions)} of ${formatCount(progress.allSessions)} sessions, ${formatCount(progress.rows)} answers`,
        );
        setAttribute(meter, "aria-valuenow", share === undefined ? undefined : Math.round(share));
        bar.style.width = `${share ?? 0}%`;
      }
      const wanted = model.problems.map(({ severity, message }) => `${severity}\n${message}`);
      if (problems.getAttribute("data-shown") === wanted.join("\n\n")) return;
      problems.setAttribute("data-shown", wanted.join("\n\n"));
      problems.replaceChildren(
        ...model.problems.map(({ severity, message }) =>
          element("div", { class: `notice ${severity}` }, element("span", {}, message)),
        ),
      );
    },
  };
}
