import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { PodConnection } from "../../../src/sources/kubernetes/podConnection.ts";

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
    await delay(10);
    assert.ok(connection.destroyed);
  });
});
