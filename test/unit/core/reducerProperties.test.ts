import assert from "node:assert/strict";
import fc from "fast-check";
import type { ServerAction } from "../../../src/core/state/actions.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import type { PendingRequest } from "../../../src/core/state/request.ts";
import type { Session } from "../../../src/core/state/session.ts";
import {
  type Activity,
  hasRunningTurn,
  NO_LIVE,
  type ServerState,
  type State,
  type TreeUsage,
} from "../../../src/core/state/state.ts";
import { ownUsageOf } from "../../../src/core/usage/usageOf.ts";
import { NO_TOKENS, totalTokens, totalUSD } from "../../../src/core/usage/usage.ts";
import { PlainModel } from "../../support/opencode/plainModel.ts";
import { aServer, aSession, stateWith } from "../../support/seed/builders.ts";
import { fixedSeed } from "../../support/random.ts";

const serverID = "http://127.0.0.1:4096";
const SESSIONS = 6;
const RUNS = 10_000;

const idOf = (index: number): string => `ses_${String(index)}`;
const anyID = fc.nat(SESSIONS - 1).map(idOf);
/** Quarters and small counts add up without rounding, in any order. */
const anyCost = fc.nat(8).map((quarters) => quarters / 4);

/** A session row. Parents have lower numbers, so that there are no cycles; ages follow the numbers. */
const anySession: fc.Arbitrary<Session> = fc
  .record({
    index: fc.nat(SESSIONS - 1),
    parent: fc.option(fc.nat(SESSIONS - 1), { nil: undefined }),
    directory: fc.constantFrom("/code/app", "/code/lib"),
    title: fc.constantFrom("a", "b"),
    isArchived: fc.boolean(),
    costUSD: anyCost,
    tokens: fc.nat(100),
    hasTotals: fc.boolean(),
  })
  .map(({ index, parent, directory, title, isArchived, costUSD, tokens, hasTotals }) => {
    const session = aSession({
      id: idOf(index),
      parentID: parent === undefined || parent >= index ? undefined : idOf(parent),
      directory,
      title,
      archivedMs: isArchived ? 5 : undefined,
      createdMs: index,
      costUSD,
      tokens,
    });
    return hasTotals ? session : { ...session, totals: undefined };
  });

const anyActivity: fc.Arbitrary<Activity> = fc.oneof(
  fc.constant<Activity>({ kind: "idle" }),
  fc.nat(9).map((sinceMs): Activity => ({ kind: "working", sinceMs })),
  fc.nat(9).map((sinceMs): Activity => {
    return { kind: "retry", sinceMs, attempt: 1, message: "busy", nextMs: undefined };
  }),
);

const anyRequest: fc.Arbitrary<PendingRequest> = fc
  .record({ sessionID: anyID, number: fc.nat(2) })
  .map(({ sessionID, number }) => ({
    kind: "question",
    id: `${sessionID}-${String(number)}`,
    sessionID,
    directory: undefined,
    questions: [],
    askedMs: number,
  }));

const anyAction: fc.Arbitrary<ServerAction> = fc.oneof(
  {
    weight: 4,
    arbitrary: anySession.chain((session) =>
      fc
        .constantFrom("read" as const, "event" as const)
        .map((origin): ServerAction => ({ type: "session.upserted", serverID, session, origin })),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(anySession, { selector: ({ id }) => id })
      .map((sessions): ServerAction => ({ type: "snapshot.loaded", serverID, sessions, atMs: 1 })),
  },
  anyID.map((sessionID): ServerAction => ({ type: "session.removed", serverID, sessionID })),
  fc
    .record({ sessionID: anyID, title: fc.constantFrom("c", "d") })
    .map(({ sessionID, title }): ServerAction => ({
      type: "session.changed",
      serverID,
      sessionID,
      changes: { title },
    })),
  fc
    .record({ sessionID: anyID, costUSD: anyCost, input: fc.nat(100) })
    .map(({ sessionID, costUSD, input }): ServerAction => ({
      type: "session.totals",
      serverID,
      sessionID,
      totals: {
        costUSD,
        tokens: { input, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
      },
    })),
  {
    weight: 2,
    arbitrary: fc
      .record({ sessionID: anyID, activity: anyActivity })
      .map(({ sessionID, activity }): ServerAction => ({
        type: "activity.changed",
        serverID,
        sessionID,
        activity,
      })),
  },
  fc
    .record({ sessionID: anyID, characters: fc.nat(50) })
    .map(({ sessionID, characters }): ServerAction => ({
      type: "text.streamed",
      serverID,
      sessionID,
      characters,
    })),
  {
    weight: 2,
    arbitrary: fc
      .record({
        sessionID: anyID,
        number: fc.nat(4),
        costUSD: anyCost,
        listing: fc.constantFrom({}, {}, { mayBeInTotals: true } as const),
      })
      .map(({ sessionID, number, costUSD, listing }): ServerAction => ({
        ...listing,
        type: "step.ended",
        serverID,
        sessionID,
        stepID: `prt_${String(number)}`,
        step: {
          messageID: "msg_1",
          costUSD,
          tokens: { input: number, output: 1, reasoning: 0, cache: { read: 0, write: 0 } },
        },
      })),
  },
  anyRequest.map((request): ServerAction => ({ type: "request.opened", serverID, request })),
  anyRequest.map(({ sessionID, id }): ServerAction => ({
    type: "request.closed",
    serverID,
    sessionID,
    requestID: id,
  })),
  fc
    .record({ sessionID: anyID, callID: fc.constantFrom("call_1", "call_2") })
    .map(({ sessionID, callID }): ServerAction => ({
      type: "tool.running",
      serverID,
      sessionID,
      tool: { callID, tool: "bash", title: undefined, startedMs: 1, childSessionID: undefined },
    })),
  fc
    .record({ sessionID: anyID, callID: fc.constantFrom("call_1", "call_2") })
    .map(({ sessionID, callID }): ServerAction => ({
      type: "tool.ended",
      serverID,
      sessionID,
      callID,
    })),
  anyID.map((sessionID): ServerAction => ({
    type: "session.failed",
    serverID,
    sessionID,
    message: "no",
    atMs: 1,
  })),
  fc
    .record({
      directory: fc.option(fc.constantFrom("/code/app", "/code/lib"), { nil: undefined }),
      isNamed: fc.boolean(),
      activities: fc.array(fc.tuple(anyID, anyActivity)),
      requests: fc.uniqueArray(anyRequest, { selector: ({ id }) => id, maxLength: 3 }),
      except: fc.array(anyID, { maxLength: 2 }),
      requestsExcept: fc.array(
        anyRequest.map(({ id }) => id),
        { maxLength: 2 },
      ),
    })
    .map(({ directory, isNamed, activities, requests, except, requestsExcept }): ServerAction => ({
      type: "activities.loaded",
      serverID,
      scope: isNamed
        ? { kind: "named" }
        : directory === undefined
          ? { kind: "all" }
          : { kind: "directory", directory },
      activities: new Map(activities),
      requests,
      except: new Set(except),
      requestsExcept: new Set(requestsExcept),
    })),
  fc
    .uniqueArray(anyID)
    .map((sessionIDs): ServerAction => ({ type: "activities.unknown", serverID, sessionIDs })),
);

/** Two lists of the same sessions with different figures, as two refreshes can deliver in one batch. */
const anyTwoLists = fc
  .uniqueArray(anySession, { selector: ({ id }) => id, minLength: 2 })
  .map((sessions): ServerAction[] => {
    const totals = { costUSD: 9, tokens: NO_TOKENS };
    const later = sessions.map((session) => ({ ...session, totals }));
    return [sessions, later].map((rows) => {
      return { type: "snapshot.loaded", serverID, sessions: rows, atMs: 1 };
    });
  });

/** Batches as the store creates them: any number of actions at once. */
const anyBatches = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.array(anyAction, { minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: anyTwoLists },
  ),
  { minLength: 1, maxLength: 8 },
);

const START = stateWith(aServer({ id: serverID, sessions: [] }));

function serverOf(state: State): ServerState {
  const server = state.servers.get(serverID);
  assert.ok(server !== undefined);
  return server;
}

/** A server whose maps deepEqual compares by their entries: it finds any two maps in layers equal. */
function withPlainMaps(server: ServerState): object {
  const { sessions, live, children, trees } = server;
  const maps = { sessions, live, children, trees };
  return {
    ...server,
    ...Object.fromEntries(
      Object.entries(maps).map(([name, map]) => [name, new Map<string, unknown>(map)]),
    ),
  };
}

/** A session's facts, except those the model does not keep. */
function factsOf(server: ServerState, id: string): unknown {
  const live = server.live.get(id) ?? NO_LIVE;
  return {
    session: server.sessions.get(id),
    activity: live.activity,
    requests: live.requests.map((request) => request.id),
    tools: live.tools.map(({ callID }) => callID),
    steps: live.steps,
    countedStepID: live.countedStepID,
    streamedCharacters: live.streamedCharacters,
    hasError: live.error !== undefined,
  };
}

const byID = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : 1;

/** Estimated prices are not multiples of a quarter. */
const rounded = (costUSD: number): number => Math.round(costUSD * 1e9) / 1e9;

/** The tree of a session, computed by walking down from it. */
function walkedTree(server: ServerState, model: PlainModel, id: string): object {
  const family = [id];
  const children = model.children();
  for (const member of family) family.push(...(children.get(member) ?? []));
  const present = family.filter((member) => server.sessions.has(member));
  const lives = present.map((member) => server.live.get(member));
  const own = present.map((member, index) => {
    const session = server.sessions.get(member);
    assert.ok(session !== undefined);
    return ownUsageOf(server, session, lives[index]);
  });
  return {
    tokens: own.reduce((sum, { usage }) => sum + totalTokens(usage.tokens), 0),
    costUSD: rounded(own.reduce((sum, { usage }) => sum + totalUSD(usage), 0)),
    descendants: present.length - 1,
    requests: lives.reduce((sum, live) => sum + (live?.requests.length ?? 0), 0),
    working: lives.filter((live) => live !== undefined && hasRunningTurn(live.activity)).length,
    isEstimate: own.some(({ isEstimate }) => isEstimate),
  };
}

function summary({ usage, descendants, requests, working, isEstimate }: TreeUsage): object {
  return {
    tokens: totalTokens(usage.tokens),
    costUSD: rounded(totalUSD(usage)),
    descendants,
    requests,
    working,
    isEstimate,
  };
}

function agrees(state: State, model: PlainModel): void {
  const server = serverOf(state);
  assert.deepEqual([...server.sessions.keys()].sort(), [...model.sessions.keys()].sort());
  for (const id of server.live.keys()) assert.ok(server.sessions.has(id), `${id} lives on`);
  for (const [id, known] of model.sessions) assert.deepEqual(factsOf(server, id), known);
  assert.deepEqual([...server.children].sort(byID), [...model.children()].sort(byID));
  const parents = [...server.children.keys()].filter((id) => server.sessions.has(id));
  assert.deepEqual([...server.trees.keys()].sort(), parents.sort());
  for (const [id, tree] of server.trees) {
    assert.deepEqual(summary(tree), walkedTree(server, model, id), `the tree of ${id}`);
  }
}

describe("any sequence of actions", function () {
  it("matches a plain model, and reports what changed", () => {
    fc.assert(
      fc.property(anyBatches, (batches) => {
        let state = START;
        const model = new PlainModel();
        for (const batch of batches) {
          const before = serverOf(state);
          const { state: next, changes } = reduce(state, batch);
          for (const action of batch) model.apply(action);
          agrees(next, model);
          const after = serverOf(next);
          for (const id of after.sessions.keys()) {
            if (changes.structure || changes.sessions.has(`${id}@${serverID}`)) continue;
            assert.deepEqual(factsOf(after, id), factsOf(before, id), `${id} changed in silence`);
            assert.deepEqual(
              after.trees.get(id),
              before.trees.get(id),
              `${id}'s tree changed in silence`,
            );
          }
          state = next;
        }
      }),
      { numRuns: RUNS, seed: fixedSeed },
    );
  });

  it("gives the same result if every action is repeated, except for streamed text", () => {
    fc.assert(
      fc.property(anyBatches, (batches) => {
        const actions = batches.flat().filter(({ type }) => type !== "text.streamed");
        const once = reduce(START, actions).state;
        const twice = reduce(
          START,
          actions.flatMap((action) => [action, action]),
        ).state;
        assert.deepEqual(withPlainMaps(serverOf(twice)), withPlainMaps(serverOf(once)));
      }),
      { numRuns: RUNS / 10, seed: fixedSeed },
    );
  });

  it("gives the same result for any batching, and for any order between unrelated sessions", () => {
    fc.assert(
      fc.property(anyBatches, (batches) => {
        const parentless = batches
          .flat()
          .map((action): ServerAction =>
            action.type === "session.upserted"
              ? { ...action, session: { ...action.session, parentID: undefined } }
              : action,
          );
        const ofSessions = parentless.filter(
          ({ type }) =>
            type !== "snapshot.loaded" &&
            type !== "activities.loaded" &&
            type !== "activities.unknown",
        );
        const sessionOf = (action: ServerAction): string => {
          if (action.type === "session.upserted") return action.session.id;
          if (action.type === "request.opened") return action.request.sessionID;
          return "sessionID" in action ? action.sessionID : "";
        };
        const reordered = ofSessions.toSorted((a, b) =>
          sessionOf(a) < sessionOf(b) ? -1 : sessionOf(a) > sessionOf(b) ? 1 : 0,
        );
        const oneByOne = reordered.reduce((state, action) => reduce(state, [action]).state, START);
        const together = serverOf(reduce(START, ofSessions).state);
        for (const id of together.sessions.keys()) {
          assert.deepEqual(factsOf(serverOf(oneByOne), id), factsOf(together, id));
        }
        assert.equal(serverOf(oneByOne).sessions.size, together.sessions.size);
      }),
      { numRuns: RUNS / 10, seed: fixedSeed },
    );
  });

  it("ends in the state of a fresh snapshot, regardless of what came before", () => {
    fc.assert(
      fc.property(
        anyBatches,
        fc.uniqueArray(anySession, { selector: ({ id }) => id }),
        (batches, rows) => {
          const sessions = rows.map((row) => ({
            ...row,
            totals: row.totals ?? aSession({ id: row.id }).totals,
          }));
          const truth: readonly ServerAction[] = [
            { type: "snapshot.loaded", serverID, sessions, atMs: 2 },
            {
              type: "activities.loaded",
              serverID,
              scope: { kind: "all" },
              activities: new Map(),
              requests: [],
              except: new Set(),
              requestsExcept: new Set(),
            },
          ];
          const fresh = serverOf(reduce(START, truth).state);
          const longLived = serverOf(
            [...batches, truth].reduce((state, batch) => reduce(state, batch).state, START),
          );
          assert.deepEqual([...longLived.sessions].sort(byID), [...fresh.sessions].sort(byID));
          assert.deepEqual([...longLived.children].sort(byID), [...fresh.children].sort(byID));
          assert.deepEqual([...longLived.trees].sort(byID), [...fresh.trees].sort(byID));
        },
      ),
      { numRuns: RUNS / 10, seed: fixedSeed },
    );
  });
});
