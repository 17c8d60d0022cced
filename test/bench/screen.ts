import { setTimeout as delay } from "node:timers/promises";
import { startOpenCode } from "../support/opencode/opencodeServer.ts";
import { startScriptedProvider } from "../support/opencode/scriptedProvider.ts";
import { Workbench } from "../support/vscode/workbench.ts";
import { type Benchmark, median, type Metric, percentile } from "./measure.ts";

const ROUNDS = 12;
/** One turn thinks for half a second, as models do, and runs a tool; the other asks for permission first. */
const WORK = "Go\nDO slow 20 ;; think 30 ;; bash sleep 0.6 ;; say 30";
const ASK = "Go on\nDO slow 20 ;; think 30 ;; bash touch asked ;; say 5";

/** What a row shows at a time, by this machine's wall clock. */
interface Said {
  readonly atMs: number;
  readonly label: string;
}

interface Happened {
  readonly atMs: number;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** One kind of change: the event that reports it, and how the row shows it. */
interface Kind {
  readonly name: string;
  isEvent(event: Happened): boolean;
  isSaid(label: string, before: string): boolean;
}

const KINDS: readonly Kind[] = [
  {
    name: "busy",
    isEvent: ({ type }) => type === "session.status",
    isSaid: (label) => label.includes(", working"),
  },
  {
    name: "tool start",
    isEvent: (event) => stateOf(event) === "running",
    isSaid: (label) => label.includes("running bash"),
  },
  {
    name: "permission",
    isEvent: ({ type }) => type === "permission.asked",
    isSaid: (label) => label.includes("waiting for permission"),
  },
  {
    name: "tool end",
    isEvent: (event) => stateOf(event) === "completed",
    isSaid: (label) => label.includes(", working") && !label.includes("running"),
  },
  {
    name: "tokens",
    isEvent: ({ properties }) => objectOf(properties["part"])["type"] === "step-finish",
    isSaid: (label, before) => tokensOf(label) !== tokensOf(before),
  },
  {
    name: "idle",
    isEvent: ({ type }) => type === "session.idle",
    isSaid: (label) => label.includes(", idle"),
  },
  {
    name: "title",
    isEvent: ({ type, properties }) =>
      type === "session.updated" &&
      String(objectOf(properties["info"])["title"]).startsWith("Renamed"),
    isSaid: (label) => label.startsWith("Renamed"),
  },
];

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The state of the tool call that an event is about. */
function stateOf({ type, properties }: Happened): unknown {
  if (type !== "message.part.updated") return undefined;
  const part = objectOf(properties["part"]);
  return part["type"] === "tool" ? objectOf(part["state"])["status"] : undefined;
}

function tokensOf(label: string): string {
  return /[\d.]+ (?:thousand |million )?tokens/.exec(label)?.[0] ?? "";
}

/** Records, in the page, each text of the first row and when it was drawn. */
const OBSERVE = `(() => {
  const said = (globalThis.said = []);
  let last = "";
  const look = () => {
    const label = document.querySelector(".sidebar [role=treeitem]")?.getAttribute("aria-label") ?? "";
    if (label !== last) said.push({ atMs: Date.now(), label: (last = label) });
  };
  const everything = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(document.querySelector(".sidebar"), everything);
})()`;

/** P6: from an event's arrival at a raw reader to the real workbench's row that shows it. */
export const screenBenchmark: Benchmark = {
  id: "P6",
  async run(): Promise<readonly Metric[]> {
    const provider = await startScriptedProvider();
    const server = await startOpenCode({
      providerURL: provider.url,
      permission: { bash: { "*": "ask", "sleep *": "allow" } },
    });
    const session = await server.client.createSession({ title: "Observed" });
    await server.client.prompt(session.id, "Begin\nDO say 20");
    const workbench = await Workbench.open({
      ...(server.directories[0] === undefined ? {} : { folder: server.directories[0] }),
      settings: {
        "opencodeSessions.servers": [{ url: server.url }],
        "opencodeSessions.localDiscovery.enabled": false,
        "opencodeSessions.notifications": "off",
      },
    });
    const latenciesMs = new Map<string, number[]>(KINDS.map(({ name }) => [name, []]));
    let missed = 0;
    try {
      await workbench.openSideBar();
      await workbench.treeRow(/^Observed/).waitFor({ timeout: 30_000 });
      await workbench.page.evaluate(OBSERVE);
      const tap = await server.client.events();
      for (let round = 0; round < ROUNDS; round++) {
        await server.client.rename(session.id, "Observed");
        await delay(1500);
        const before = await rowNow(workbench);
        const firstEvent = tap.events.length;
        await workbench.page.evaluate("globalThis.said.length = 0");
        await server.client.promptAsync(session.id, WORK);
        await server.client.waitUntilIdle(session.id);
        await delay(1500);
        await server.client.promptAsync(session.id, ASK);
        const request = await server.client.nextPermission({ sessionID: session.id });
        await delay(600);
        await server.client.replyPermission(request.id, "once");
        await server.client.waitUntilIdle(session.id);
        await delay(600);
        await server.client.rename(session.id, `Renamed ${String(round)}`);
        await delay(800);
        const said: readonly Said[] = await workbench.page.evaluate("globalThis.said");
        const events = tap.events.slice(firstEvent).map(({ arrivedAtMs, type, properties }) => ({
          atMs: arrivedAtMs,
          type,
          properties,
        }));
        for (const kind of KINDS) {
          const event = events.find((each) => kind.isEvent(each));
          // The extension may receive the event a moment before the raw reader.
          const seen = said.find(
            ({ atMs, label }) =>
              event !== undefined && atMs >= event.atMs - 50 && kind.isSaid(label, before),
          );
          if (event === undefined || seen === undefined) missed++;
          else latenciesMs.get(kind.name)?.push(Math.max(0, seen.atMs - event.atMs));
        }
      }
      tap.close();
    } finally {
      await workbench.close();
      await server.stop();
      await provider.stop();
    }
    const all = [...latenciesMs.values()].flat();
    const kinds = [...latenciesMs].map(
      ([name, values]) =>
        `${name} ${median(values).toFixed(0)} (${Math.max(...values).toFixed(0)})`,
    );
    return [
      {
        id: "P6",
        name: "event to the row on the screen of a real workbench, p95",
        unit: "ms",
        ours: percentile(all, 0.95),
        floor: undefined,
        ratio: undefined,
        goal: "≤ 150",
        spread: `p50 ${median(all).toFixed(0)}, most ${Math.max(...all).toFixed(0)}`,
        note: `median (most) ms: ${kinds.join(", ")}; ${String(all.length)} changes, ${String(missed)} not seen`,
      },
    ];
  },
};

async function rowNow(workbench: Workbench): Promise<string> {
  const [row] = await workbench.treeRows();
  return row?.accessibleName ?? "";
}
