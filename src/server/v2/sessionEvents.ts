import { t } from "../../core/language.ts";
import type { Session } from "../../core/state/session.ts";
import { idOf, nameOf, objectOf, titleOf } from "../narrow.ts";
import { parseModelRef, parseTotals } from "../sharedShapes.ts";
import { SharedValues } from "../sharedValues.ts";
import { isPrompt } from "./inbox.ts";
import { parseError, parseMessage } from "./parseMessage.ts";
import { parseForm, parsePermission } from "./parseRequest.ts";
import { parseDirectory, parseSession } from "./parseSession.ts";
import type { V2Event, V2Stream } from "./streamMemory.ts";

/**
 * Events about what a session is: its row, its inbox, what it waits for, compaction and revert. A row is
 * reported in pieces: each event carries only what changed, and the time of the change is the event's own.
 */
export class SessionEvents {
  readonly #stream: V2Stream;
  readonly #shared = new SharedValues();
  /** Prompts of watched sessions, by the id their message will have. */
  readonly #prompts = new Map<string, Readonly<Record<string, unknown>>>();

  /** Inbox items that aren't prompts: no message results from their delivery. */
  readonly #others = new Set<string>();

  constructor(stream: V2Stream) {
    this.#stream = stream;
  }

  take(event: V2Event): void {
    const { type, sessionID, data } = event;
    if (type.startsWith("permission.") || type.startsWith("form.")) {
      this.#request(event);
      return;
    }
    if (sessionID === undefined) return;
    switch (type) {
      case "session.created":
        this.#created(event);
        return;
      case "session.deleted":
        this.#stream.memory.inbox.forget(sessionID);
        this.#stream.memory.compactions.ended(sessionID, t("the session was deleted"));
        this.#stream.emit({ type: "session.removed", sessionID });
        return;
      case "session.renamed":
        this.#changed(event, sessionID, { title: titleOf(data["title"]) ?? "" });
        return;
      case "session.metadata.updated":
        this.#changed(event, sessionID, {});
        return;
      case "session.agent.selected":
        this.#changed(event, sessionID, { agent: nameOf(data["agent"]) });
        return;
      case "session.model.selected":
        this.#changed(event, sessionID, {
          model: this.#shared.model(parseModelRef(data["model"])),
        });
        return;
      case "session.moved": {
        const directory = parseDirectory(data);
        this.#changed(event, sessionID, directory === undefined ? {} : { directory });
        this.#stream.sink.stale(sessionID);
        return;
      }
      case "session.forked": {
        // Not a child: it is independent, and its history is counted where it came from.
        const forkOfID = idOf(data["parentID"]) ?? idOf(objectOf(data["fork"])["sessionID"]);
        this.#changed(event, sessionID, { forkOfID });
        this.#stream.sink.stale(sessionID);
        return;
      }
      case "session.viewed":
        this.#stream.emit({ type: "session.changed", sessionID, changes: { isUnread: false } });
        return;
      case "session.usage.updated": {
        const totals = parseTotals(data);
        if (totals !== undefined) this.#stream.emit({ type: "session.totals", sessionID, totals });
        return;
      }
      default:
        this.#other(event, sessionID);
    }
  }

  #other(event: V2Event, sessionID: string): void {
    const { data } = event;
    switch (event.type) {
      case "session.inbox.enqueued":
        this.#enqueued(event, sessionID);
        return;
      case "session.inbox.delivered":
      case "session.inbox.cancelled":
        this.#settled(event, sessionID);
        return;
      case "session.compaction.started":
        this.#stream.emit({
          type: "compaction.started",
          sessionID,
          isAuto: data["reason"] === "auto",
          atMs: this.#stream.now(),
        });
        return;
      case "session.compaction.ended":
      case "session.compaction.failed": {
        const error =
          event.type === "session.compaction.failed"
            ? (parseError(data["error"]) ?? t("the compaction was stopped"))
            : undefined;
        this.#stream.emit({ type: "compaction.ended", sessionID, error });
        this.#changed(event, sessionID, {});
        this.#stream.memory.compactions.ended(sessionID, error);
        this.#stream.sink.contextChanged(sessionID);
        this.#stream.sink.messagesChanged(sessionID, event.createdMs);
        return;
      }
      case "session.revert.staged": {
        const messageID = idOf(objectOf(data["revert"])["messageID"]);
        this.#changed(event, sessionID, {
          revertMessageID: messageID ?? idOf(data["messageID"]),
        });
        return;
      }
      case "session.revert.cleared":
        this.#changed(event, sessionID, { revertMessageID: undefined });
        return;
      case "session.revert.committed":
        this.#changed(event, sessionID, { revertMessageID: undefined });
        this.#stream.sink.stale(sessionID);
        this.#stream.sink.contextChanged(sessionID);
        this.#stream.sink.messagesChanged(sessionID, event.createdMs);
        return;
      case "session.message.content.updated":
      case "session.synthetic":
      case "session.shell.ended":
        if (this.#stream.isWatched(sessionID))
          this.#stream.sink.messagesChanged(sessionID, event.createdMs);
        return;
      default:
    }
  }

  /** Reports some facts of a row, and when it changed. */
  #changed(event: V2Event, sessionID: string, changes: Partial<Omit<Session, "id">>): void {
    this.#stream.emit({
      type: "session.changed",
      sessionID,
      changes: { ...changes, updatedMs: event.createdMs },
    });
  }

  #created({ data, createdMs, directory }: V2Event): void {
    // Early versions wrap the row.
    const row = typeof data["info"] === "object" ? data["info"] : data;
    const session = parseSession(row, this.#shared, createdMs);
    if (session === undefined) return;
    this.#stream.emit({
      type: "session.upserted",
      session: session.directory === "" ? { ...session, directory: directory ?? "" } : session,
      origin: "event",
    });
    // It may be a copy or an import, whose figures are only in the row.
    this.#stream.sink.stale(session.id);
  }

  #enqueued({ data }: V2Event, sessionID: string): void {
    const item = objectOf(data["item"]);
    const itemID = idOf(data["inboxID"]) ?? idOf(item["id"]);
    if (itemID === undefined) return;
    if (!isPrompt(item)) {
      this.#others.add(itemID);
      return;
    }
    if (this.#stream.isWatched(sessionID)) this.#prompts.set(itemID, item);
    const count = this.#stream.memory.inbox.enqueued(sessionID, itemID);
    this.#stream.emit({ type: "prompts.queued", sessionID, count });
  }

  #settled(event: V2Event, sessionID: string): void {
    const itemID = idOf(event.data["inboxID"]);
    if (itemID === undefined) return;
    const isCancelled = event.type === "session.inbox.cancelled";
    if (isCancelled) this.#stream.memory.compactions.withdrawn(itemID);
    if (this.#others.delete(itemID)) return;
    const count = this.#stream.memory.inbox.settle(sessionID, itemID);
    this.#stream.emit({ type: "prompts.queued", sessionID, count });
    const item = this.#prompts.get(itemID);
    this.#prompts.delete(itemID);
    if (isCancelled || !this.#stream.isWatched(sessionID)) return;
    const message =
      item === undefined
        ? undefined
        : parseMessage({
            ...item,
            ...objectOf(item["prompt"]),
            type: "user",
            id: itemID,
            time: { created: event.createdMs },
          });
    if (message === undefined) this.#stream.sink.messagesChanged(sessionID, event.createdMs);
    else this.#stream.emit({ type: "message.upserted", sessionID, message, hasParts: true });
  }

  #request({ type, data, directory }: V2Event): void {
    const { serverID, sink } = this.#stream;
    switch (type) {
      case "permission.asked": {
        const request = parsePermission(data["request"] ?? data, directory, this.#stream.now());
        if (request !== undefined) sink.action({ type: "request.opened", serverID, request });
        return;
      }
      case "form.created": {
        const request = parseForm(data["form"] ?? data, directory, this.#stream.now());
        if (request !== undefined) sink.action({ type: "request.opened", serverID, request });
        return;
      }
      default: {
        const requestID = idOf(data["requestID"]) ?? idOf(data["formID"]) ?? idOf(data["id"]);
        const sessionID = idOf(data["sessionID"]);
        if (requestID === undefined || sessionID === undefined) return;
        sink.action({ type: "request.closed", serverID, sessionID, requestID });
      }
    }
  }
}
