import { setTimeout as delay } from "node:timers/promises";
import type { FrameLocator, Locator } from "playwright-core";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { hasPainted } from "../support/vscode/paintedChart.ts";
import { Workbench } from "../support/vscode/workbench.ts";
import { HostProbe } from "./hostProbe.ts";
import { type Benchmark, median, type Metric, shortNumber } from "./measure.ts";
import { seededServer } from "./seededServer.ts";

const LARGE = "Largest of all";
const USUAL = "Usual of all";
const USUAL_MESSAGES = 50;
const ROUNDS = 7;
const WARM_UP = 1;

/**
 * P13: from a click on a session of 2,000 messages to its drawn chart, compared with a webview that draws one
 * rectangle plus 1.3 times the call for all messages. P16: from a click on a session of 50 messages to its
 * drawn conversation, compared with the same plus 100 ms. All alternating.
 */
export const panelBenchmark: Benchmark = {
  id: "P13+P16",
  async run(): Promise<readonly Metric[]> {
    const { server, summary } = await seededServer();
    await server.client.rename(summary.largestSessionID, LARGE);
    const usualID = await forkOf(server, summary.largestSessionID, USUAL_MESSAGES);
    await server.client.rename(usualID, USUAL);
    const probe = await HostProbe.prepare();
    const workbench = await Workbench.open({
      ...probe.options,
      ...(server.directories[0] === undefined ? {} : { folder: server.directories[0] }),
      settings: {
        "opencodeSessions.servers": [{ url: server.url }],
        "opencodeSessions.localDiscovery.enabled": false,
        "opencodeSessions.notifications": "off",
      },
    });
    const chartMs: number[] = [];
    const conversationMs: number[] = [];
    const emptyMs: number[] = [];
    const largeCallMs: number[] = [];
    const usualCallMs: number[] = [];
    try {
      await workbench.openSideBar();
      await workbench.runCommand("OpenCode: Filter Sessions…");
      await workbench.answer("of all");
      await workbench.treeRow(new RegExp(`^${LARGE}`)).waitFor({ timeout: 60_000 });
      await delay(3_000);
      const chartItem = async (): Promise<Locator> => {
        await workbench.treeRow(new RegExp(`^${LARGE}`)).click({ button: "right" });
        const item = workbench.page.getByRole("menuitem", { name: "Show Token Breakdown" });
        await item.hover();
        // A menu that has just appeared ignores clicks.
        await delay(500);
        return item;
      };
      const openChart = async (): Promise<number> =>
        untilDrawn(workbench, await chartItem(), (frame) => hasPainted(frame, "context"));
      const openConversation = async (): Promise<number> => {
        const row = workbench.treeRow(new RegExp(`^${USUAL}`));
        await row.hover();
        const button = row.getByRole("button", { name: /Write a Prompt/ }).first();
        return untilDrawn(workbench, button, hasDrawnMessage);
      };
      const openEmpty = (): Promise<number> =>
        untilDrawn(workbench, workbench.statusBarItem("Open empty"), (frame) =>
          hasPainted(frame, "empty"),
        );
      const sides = [
        [openChart, chartMs],
        [openConversation, conversationMs],
        [openEmpty, emptyMs],
        [() => read(server, summary.largestSessionID, summary.largestSessionMessages), largeCallMs],
        [() => read(server, usualID, USUAL_MESSAGES), usualCallMs],
      ] as const;
      for (let round = -WARM_UP; round < ROUNDS; round++) {
        for (let turn = 0; turn < sides.length; turn++) {
          const side = sides[(turn + round + WARM_UP) % sides.length];
          const elapsedMs = await side?.[0]();
          if (round >= 0 && elapsedMs !== undefined) side?.[1].push(elapsedMs);
        }
      }
    } finally {
      await workbench.close();
    }
    const metric = (
      id: string,
      name: string,
      oursMs: readonly number[],
      callMs: readonly number[],
      extraMs: number,
    ): Metric => {
      const ours = median(oursMs);
      const floor = median(emptyMs) + 1.3 * median(callMs) + extraMs;
      const extra = extraMs === 0 ? "" : ` and ${String(extraMs)} ms`;
      return {
        id,
        name,
        unit: "ms",
        ours,
        floor,
        ratio: ours / floor,
        goal: "≤ 1.00 ×",
        spread: `${shortNumber(Math.min(...oursMs))}–${shortNumber(Math.max(...oursMs))}`,
        note: `the floor is an empty webview, ${shortNumber(median(emptyMs))} ms, plus 1.3 × the messages call of ${shortNumber(median(callMs))} ms${extra}`,
      };
    };
    return [
      metric(
        "P13",
        `click to the drawn chart of ${String(summary.largestSessionMessages)} messages`,
        chartMs,
        largeCallMs,
        0,
      ),
      metric(
        "P16",
        `click to the drawn conversation of ${String(USUAL_MESSAGES)} messages`,
        conversationMs,
        usualCallMs,
        100,
      ),
    ];
  },
};

/** A copy of a session's first messages, made by OpenCode itself. */
async function forkOf(server: OpenCodeServer, id: string, messages: number): Promise<string> {
  // Not through the client: Node loses the end of a long answer on a connection that is closed after it.
  const answer = await fetch(`${server.url}/session/${id}/message`);
  const all = (await answer.json()) as readonly { readonly info: { readonly id: string } }[];
  const body = { messageID: all[messages]?.info.id };
  const fork = (await server.client.request("POST", `/session/${id}/fork`, { body })) as {
    id: string;
  };
  return fork.id;
}

async function read(server: OpenCodeServer, id: string, expected: number): Promise<number> {
  const startMs = performance.now();
  const answer = await fetch(`${server.url}/session/${id}/message`);
  const messages: unknown = JSON.parse(await answer.text());
  const elapsedMs = performance.now() - startMs;
  if (!Array.isArray(messages) || messages.length < expected) {
    throw new Error("the messages are not complete");
  }
  return elapsedMs;
}

/** Whether the page shows the end of the conversation: its last message with text. */
async function hasDrawnMessage(frame: FrameLocator): Promise<boolean> {
  const last = frame.locator("[data-message]").last();
  return (await last.isVisible()) && ((await last.textContent()) ?? "").trim() !== "";
}

/** Time from a click until the opened webview shows the expected content. Closes the webview again. */
async function untilDrawn(
  workbench: Workbench,
  button: Locator,
  isDrawn: (frame: FrameLocator) => Promise<boolean>,
): Promise<number> {
  await button.waitFor();
  const startMs = performance.now();
  await button.click();
  const frame = workbench.webview();
  while (!(await isDrawn(frame).catch(() => false))) {
    if (performance.now() - startMs > 60_000) throw new Error("the webview is not drawn");
    await delay(5);
  }
  const elapsedMs = performance.now() - startMs;
  await workbench.runCommand("View: Close All Editors");
  await workbench.page.locator("iframe.webview").waitFor({ state: "detached" });
  await delay(500);
  return elapsedMs;
}
