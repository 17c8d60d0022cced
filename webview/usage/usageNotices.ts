import { formatCount } from "../../src/viewModels/format.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import type { UsageActions } from "./usageActions.ts";

export interface UsageNotices {
  readonly element: HTMLElement;
  draw(model: UsageModel): void;
}

/** A fill that is over before or has no more to read than this is not worth a notice: sessions end all the time. */
const SHORT_FILL_MS = 2000;
const FEW_SESSIONS = 10;

/** The name of a place without the path of its database. */
function shortName(name: string): string {
  return name.replace(/, (?:\/|[A-Za-z]:\\).*$/, "");
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
  let isFilling = false;
  let wait: ReturnType<typeof setTimeout> | undefined;
  const showFill = ({ fill: now }: UsageModel): void => {
    isFilling = now !== undefined;
    if (!isFilling) {
      clearTimeout(wait);
      wait = undefined;
      setShown(fill, false);
      return;
    }
    const { sessions = 0, allSessions = 0 } = now?.progress ?? {};
    if (allSessions - sessions > FEW_SESSIONS) setShown(fill, true);
    wait ??= setTimeout(() => {
      setShown(fill, isFilling);
    }, SHORT_FILL_MS);
  };
  return {
    element: element("div", { class: "notices usage-notices" }, fill, problems),
    draw: (model) => {
      showFill(model);
      if (model.fill !== undefined) {
        const { progress } = model.fill;
        const name = shortName(model.fill.name);
        setAttribute(words, "title", model.fill.name);
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
