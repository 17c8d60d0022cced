import assert from "node:assert/strict";

import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { quiet } from "../support/patience.mjs";

describe("automatic compaction, in a real VS Code on a real server", function () {
  let server: OpenCodeServer;

  before(async function () {
    // A window of 32,000 tokens, of which the first prompt takes about 8,000.
    server = await startOpenCode({ model: "narrow" });
  });
  after(async () => {
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.notifications": "off",
      "opencodeSessions.autoCompact.mode": "on",
      "opencodeSessions.autoCompact.overrides": [{ model: "scripted/*", threshold: 70 }],
    },
  }));

  /** A session whose second turn leaves its context window three quarters full. */
  const fill = async (title: string): Promise<string> => {
    const { id } = await server.client.createSession({ title });
    await server.client.prompt(id, `${title}\nDO context 16000 ;; say 10`);
    await server.client.waitUntilIdle(id);
    await server.client.prompt(id, "More\nDO say 10");
    await server.client.waitUntilIdle(id);
    return id;
  };
  const summaries = async (id: string): Promise<number> =>
    (await server.client.messages(id)).filter(
      ({ info }) => info.role === "assistant" && info.summary === true,
    ).length;

  it("compacts a full session once its turn is over, with one receipt", async () => {
    await workbench().openSideBar();
    const id = await fill("Fill the context");
    await workbench().toasted(
      /Compacted “Fill the context”: context 2[34]\.\dk → ~?[\d.]+k tokens \(7\d% → ~?\d+%\), cost \$/,
    );
    await workbench().screenshot("auto compact receipt");
    assert.equal(await summaries(id), 1);
    // A turn that leaves enough room doesn't trigger another compaction.
    await server.client.prompt(id, "And on\nDO say 10");
    await server.client.waitUntilIdle(id);
    await quiet(6_000);
    assert.equal(await summaries(id), 1);
    const receipts = (await workbench().toasts()).filter((text) => text.includes("Compacted"));
    assert.equal(receipts.length, 1);
  });

  it("offers to compact when the mode is to offer", async () => {
    await workbench().changeSettings({ "opencodeSessions.autoCompact.mode": "offer" });
    const id = await fill("Ask me first");
    const offer = /“Ask me first” on Test server fills 7\d% of its context window/;
    await workbench().toasted(offer);
    await workbench().screenshot("auto compact offer");
    assert.equal(await summaries(id), 0);
    await workbench().clickToast(offer, "Compact");
    await workbench().toasted(/Compacted “Ask me first”/);
    assert.equal(await summaries(id), 1);
  });

  it("turns itself off for all sessions from an offer", async () => {
    await workbench().changeSettings({ "opencodeSessions.autoCompact.mode": "offer" });
    await fill("Leave me alone");
    await workbench().clickToast(/“Leave me alone” on Test server fills/, "Don't Show Again");
    await fill("And me");
    await quiet(6_000);
    const offers = (await workbench().toasts()).filter((text) => text.includes("“And me”"));
    assert.deepEqual(offers, []);
  });
});
