import type { CompatibilityReport } from "../../core/compatibility.ts";
import { ServerError } from "../../core/errors.ts";
import type { ModelRef } from "../../core/model.ts";
import type { PendingRequest, PermissionReply, QuestionAnswers } from "../../core/request.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { Session } from "../../core/session.ts";
import { checkCompatibility } from "../compatibility.ts";
import type { AttachCommand, Gateway, PromptInput, TodoItem } from "../gateway.ts";
import { arrayOf, objectOf, stringOf } from "../narrow.ts";
import { formAnswer } from "./formAnswer.ts";
import { V2_NEEDS } from "./needs.ts";
import { parseSession, parseTime } from "./parseSession.ts";
import { atLocation, sessionPath } from "./v2Client.ts";
import { V2Queries } from "./v2Queries.ts";

/** OpenCode 2 by its published contract: what it can be asked and told. */
export class V2Gateway extends V2Queries implements Gateway {
  async createSession(input: {
    readonly directory: string | undefined;
    readonly title?: string;
    readonly agent?: string;
    readonly model?: ModelRef;
  }): Promise<Result<Session>> {
    const { directory, title, agent, model } = input;
    return this.client.ask("/api/session", (data) => parseSession(data, this.shared), {
      method: "POST",
      body: {
        ...(directory === undefined ? {} : { location: { directory } }),
        ...(title === undefined ? {} : { title }),
        ...(agent === undefined ? {} : { agent }),
        ...(model === undefined ? {} : { model: wireModel(model) }),
      },
    });
  }

  /** The session itself has agent and model, so a prompt that names others selects them first. */
  async prompt(session: Session, input: PromptInput): Promise<Result<undefined>> {
    const { agent, model, text } = input;
    if (agent !== undefined && agent !== session.agent) {
      const told = await this.client.tell(sessionPath(session.id, "/agent"), { body: { agent } });
      if (!told.ok) return told;
    }
    if (model !== undefined && !isSameModel(model, session.model)) {
      const body = { model: wireModel(model) };
      const told = await this.client.tell(sessionPath(session.id, "/model"), { body });
      if (!told.ok) return told;
    }
    return this.client.tell(sessionPath(session.id, "/prompt"), {
      body: this.routes.nestsPrompt ? { prompt: { text } } : { text },
    });
  }

  async runCommand(
    session: Session,
    command: string,
    commandArguments: string,
  ): Promise<Result<undefined>> {
    return this.client.tell(sessionPath(session.id, "/command"), {
      body: { name: command, text: commandArguments },
    });
  }

  init(): Promise<Result<undefined>> {
    return cannot("prepare a project by itself");
  }

  /** Needs no model and disturbs no running turn; the server does it at the next step boundary. */
  async compact(
    session: Session,
    _model: ModelRef,
    signal?: AbortSignal,
  ): Promise<Result<undefined>> {
    const wait = this.memory.compactions.begin(session.id, signal);
    const accepted = await this.client.ask(
      sessionPath(session.id, "/compact"),
      (data) => ({ itemID: stringOf(objectOf(data)["id"]) }),
      { method: "POST", body: {}, signal },
    );
    if (!accepted.ok) {
      wait.cancel();
      return accepted;
    }
    wait.accepted(accepted.value.itemID);
    return wait.ended;
  }

  async interrupt(session: Session): Promise<Result<undefined>> {
    return this.client.tell(sessionPath(session.id, "/interrupt"), {});
  }

  async rename(session: Session, title: string): Promise<Result<undefined>> {
    return this.routes.renamesByPatch
      ? this.client.tell(sessionPath(session.id), { method: "PATCH", body: { title } })
      : this.client.tell(sessionPath(session.id, "/rename"), { body: { title } });
  }

  archive(): Promise<Result<undefined>> {
    return cannot("archive sessions");
  }

  async remove(session: Session): Promise<Result<undefined>> {
    return this.client.tell(sessionPath(session.id), { method: "DELETE" });
  }

  async fork(session: Session, beforeMessageID: string | undefined): Promise<Result<Session>> {
    return this.client.ask(
      sessionPath(session.id, "/fork"),
      (data) => parseSession(data, this.shared),
      { method: "POST", body: this.forkBody(beforeMessageID) },
    );
  }

  share(): Promise<Result<string>> {
    return cannot("share sessions");
  }

  unshare(): Promise<Result<undefined>> {
    return cannot("share sessions");
  }

  async revert(session: Session, messageID: string): Promise<Result<undefined>> {
    return this.client.tell(sessionPath(session.id, "/revert/stage"), { body: { messageID } });
  }

  async unrevert(session: Session): Promise<Result<undefined>> {
    return this.routes.clearsRevertByDelete
      ? this.client.tell(sessionPath(session.id, "/revert"), { method: "DELETE" })
      : this.client.tell(sessionPath(session.id, "/revert/clear"), {});
  }

  async markViewed(session: Session): Promise<Result<undefined>> {
    if (!this.routes.hasView) return cannot("keep track of what was seen");
    const path = sessionPath(session.id);
    const row = await this.client.ask(path, (data) => {
      const idle = parseTime(objectOf(objectOf(data)["time"])["idle"]);
      return { idle };
    });
    if (!row.ok) return row;
    const { idle } = row.value;
    // Nothing has ended yet: there is nothing to have seen.
    if (idle === undefined) return ok(undefined);
    return this.client.tell(`${path}/view`, { body: { idle } });
  }

  async replyPermission(
    request: PendingRequest,
    reply: PermissionReply,
    message: string | undefined,
  ): Promise<Result<undefined>> {
    return this.client.tell(requestPath(request, "permission", "/reply"), {
      body: { [this.routes.replyField]: reply, ...(message === undefined ? {} : { message }) },
    });
  }

  async replyQuestion(
    request: PendingRequest,
    answers: QuestionAnswers,
  ): Promise<Result<undefined>> {
    const questions = request.kind === "question" ? request.questions : [];
    return this.client.tell(requestPath(request, "form", "/reply"), {
      body: { answer: formAnswer(questions, answers) },
    });
  }

  async rejectQuestion(request: PendingRequest): Promise<Result<undefined>> {
    return this.routes.cancelsFormByDelete
      ? this.client.tell(requestPath(request, "form", ""), { method: "DELETE" })
      : this.client.tell(requestPath(request, "form", "/cancel"), {});
  }

  todos(): Promise<Result<readonly TodoItem[]>> {
    return cannot("list what is to be done");
  }

  followInTui(): Promise<Result<undefined>> {
    return cannot("switch a running terminal");
  }

  attachCommand(session: Session): AttachCommand {
    return {
      program: "opencode",
      args: ["--server", this.client.access.url, "--session", session.id],
      cwd: session.directory,
      passwordVariable: "OPENCODE_PASSWORD",
    };
  }

  /** Registers the server for this run, and looks whether it came up where the server tells. */
  async addMcpServer(
    directory: string | undefined,
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<Result<undefined>> {
    const { mcpPath } = this.routes;
    if (mcpPath === undefined) return cannot("take tools at run time");
    const where = atLocation(directory);
    const added = await this.client.tell(`${mcpPath}/${encodeURIComponent(name)}${where}`, {
      method: "PUT",
      body: { config: { type: "local", command: [...command], environment } },
    });
    if (!added.ok) return added;
    const listed = await this.client.ask(`/api/mcp${where}`, (data) => ({
      server: objectOf(
        arrayOf(data).find((item) => objectOf(item)["name"] === name) ?? objectOf(data)[name],
      ),
    }));
    const status = listed.ok ? objectOf(listed.value.server["status"]) : {};
    const reason = stringOf(objectOf(status)["error"]);
    return reason === undefined
      ? ok(undefined)
      : failed(new ServerError("rejected", `the server could not start the tool: ${reason}`));
  }

  removeMcpServer(directory: string | undefined, name: string): Promise<Result<undefined>> {
    const { mcpPath } = this.routes;
    if (mcpPath === undefined) return cannot("take tools away at run time");
    const where = atLocation(directory);
    return this.client.tell(`${mcpPath}/${encodeURIComponent(name)}${where}`, { method: "DELETE" });
  }

  checkCompatibility(signal?: AbortSignal): Promise<CompatibilityReport> {
    return checkCompatibility(this.client.access, "/openapi.json", V2_NEEDS, signal);
  }

  private forkBody(messageID: string | undefined): unknown {
    if (messageID === undefined) return {};
    switch (this.routes.forkField) {
      case "before":
        return { before: messageID };
      case "boundary":
        return { boundary: { type: "before", messageID } };
      case "messageID":
        return { messageID };
    }
  }
}

function requestPath(request: PendingRequest, kind: "permission" | "form", rest: string): string {
  return sessionPath(request.sessionID, `/${kind}/${encodeURIComponent(request.id)}${rest}`);
}

function wireModel(model: ModelRef): Readonly<Record<string, string>> {
  return {
    id: model.modelID,
    providerID: model.providerID,
    ...(model.variant === undefined ? {} : { variant: model.variant }),
  };
}

function isSameModel(a: ModelRef, b: ModelRef | undefined): boolean {
  return a.modelID === b?.modelID && a.providerID === b.providerID && a.variant === b.variant;
}

/** What this generation has no call for; menus do not offer it. */
function cannot<T>(what: string): Promise<Result<T>> {
  return Promise.resolve(failed(new ServerError("unsupported", `OpenCode 2 cannot ${what}`)));
}
