import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { PodConnection } from "../../../src/sources/kubernetes/podConnection.ts";
import { quiet } from "../../support/patience.mjs";
import { until } from "../../support/until.ts";

describe("a connection to a pod", () => {
  it("ends only itself on an error without listeners", async () => {
    const websocket = Object.assign(new EventEmitter(), {
      close: () => undefined,
      resume: () => undefined,
      terminate: () => undefined,
    });
    const connection = new PodConnection(websocket as never);
    connection.end();
    connection.write("late");
    await until("it has ended", () => connection.destroyed);
    await quiet(10);
    assert.ok(connection.destroyed);
  });
});
