import type { CompatibilityReport } from "../../core/compatibility.ts";
import { ServerError } from "../../core/errors.ts";
import type { ModelRef } from "../../core/model.ts";
import type { PendingRequest, PermissionReply, QuestionAnswers } from "../../core/request.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { Session } from "../../core/session.ts";
import { checkCompatibility } from "../compatibility.ts";
import type { AttachCommand, Gateway, PromptInput } from "../gateway.ts";
import { objectOf, stringOf } from "../narrow.ts";
import { V1_NEEDS } from "./needs.ts";
import { exportSession } from "./exportSession.ts";
import { parseSession } from "./parseSession.ts";
import { call, callForNothing, callOptions } from "./sdkCall.ts";
import { inDirectory, V1Queries } from "./v1Queries.ts";

/** OpenCode 1 (observed on 1.18) through its SDK: what it can be asked and told. */
export class V1Gateway extends V1Queries implements Gateway {
  async createSession(input: {
    readonly directory: string | undefined;
    readonly title?: string;
    readonly agent?: string;
    readonly model?: ModelRef;
  }): Promise<Result<Session>> {
    return call(
      this.client.session.create(
        {
          ...inDirectory(input.directory),
          ...(input.title === undefined ? {} : { title: input.title }),
          ...(input.agent === undefined ? {} : { agent: input.agent }),
          ...(input.model === undefined
            ? {}
            : { model: { id: input.model.modelID, providerID: input.model.providerID } }),
        },
        callOptions(undefined),
      ),
      (body) => parseSession(body, this.shared),
    );
  }

  async exportSession(sessionID: string, signal?: AbortSignal): Promise<Result<unknown>> {
    return exportSession(this.access, sessionID, signal);
  }

  async prompt(session: Session, input: PromptInput): Promise<Result<undefined>> {
    const model = input.model ?? session.model;
    const agent = input.agent ?? session.agent;
    return callForNothing(
      this.client.session.promptAsync(
        {
          sessionID: session.id,
          ...inDirectory(session.directory),
          parts: [{ type: "text", text: input.text }],
          ...(model === undefined ? {} : { model: wireModel(model) }),
          ...(model?.variant === undefined ? {} : { variant: model.variant }),
          ...(agent === undefined ? {} : { agent }),
        },
        callOptions(undefined),
      ),
    );
  }

  async runCommand(
    session: Session,
    command: string,
    commandArguments: string,
  ): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.command(
        {
          sessionID: session.id,
          ...inDirectory(session.directory),
          command,
          arguments: commandArguments,
        },
        callOptions(undefined, 0),
      ),
    );
  }

  /** By its slash command: the route of its own wants the id of a message that is yet to be made. */
  async init(session: Session, model: ModelRef): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.command(
        {
          sessionID: session.id,
          ...inDirectory(session.directory),
          command: "init",
          arguments: "",
          model: `${model.providerID}/${model.modelID}`,
        },
        callOptions(undefined, 0),
      ),
    );
  }

  async compact(
    session: Session,
    model: ModelRef,
    signal?: AbortSignal,
  ): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.summarize(
        {
          sessionID: session.id,
          ...inDirectory(session.directory),
          ...wireModel(model),
          auto: false,
        },
        callOptions(signal, 0),
      ),
      signal,
    );
  }

  async interrupt(session: Session): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.abort(
        { sessionID: session.id, ...inDirectory(session.directory) },
        callOptions(undefined),
      ),
    );
  }

  async rename(session: Session, title: string): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.update({ sessionID: session.id, title }, callOptions(undefined)),
    );
  }

  async archive(session: Session, archivedMs: number): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.update(
        { sessionID: session.id, time: { archived: archivedMs } },
        callOptions(undefined),
      ),
    );
  }

  async remove(session: Session): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.delete(
        { sessionID: session.id, ...inDirectory(session.directory) },
        callOptions(undefined),
      ),
    );
  }

  async fork(session: Session, beforeMessageID: string | undefined): Promise<Result<Session>> {
    return call(
      this.client.session.fork(
        {
          sessionID: session.id,
          ...inDirectory(session.directory),
          ...(beforeMessageID === undefined ? {} : { messageID: beforeMessageID }),
        },
        callOptions(undefined),
      ),
      (body) => parseSession(body, this.shared),
    );
  }

  async share(session: Session): Promise<Result<string>> {
    return call(
      this.client.session.share(
        { sessionID: session.id, ...inDirectory(session.directory) },
        callOptions(undefined),
      ),
      (body) => stringOf(objectOf(objectOf(body)["share"])["url"]),
    );
  }

  async unshare(session: Session): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.unshare(
        { sessionID: session.id, ...inDirectory(session.directory) },
        callOptions(undefined),
      ),
    );
  }

  async revert(session: Session, messageID: string): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.revert(
        { sessionID: session.id, ...inDirectory(session.directory), messageID },
        callOptions(undefined),
      ),
    );
  }

  async unrevert(session: Session): Promise<Result<undefined>> {
    return callForNothing(
      this.client.session.unrevert(
        { sessionID: session.id, ...inDirectory(session.directory) },
        callOptions(undefined),
      ),
    );
  }

  markViewed(): Promise<Result<undefined>> {
    return Promise.resolve(
      failed(new ServerError("unsupported", "OpenCode 1 does not keep track of what was seen")),
    );
  }

  async replyPermission(
    request: PendingRequest,
    reply: PermissionReply,
    message: string | undefined,
  ): Promise<Result<undefined>> {
    return callForNothing(
      this.client.permission.reply(
        {
          requestID: request.id,
          ...inDirectory(request.directory),
          reply,
          ...(message === undefined ? {} : { message }),
        },
        callOptions(undefined),
      ),
    );
  }

  async replyQuestion(
    request: PendingRequest,
    answers: QuestionAnswers,
  ): Promise<Result<undefined>> {
    const questions = request.kind === "question" ? request.questions : [];
    return callForNothing(
      this.client.question.reply(
        {
          requestID: request.id,
          ...inDirectory(request.directory),
          answers: questions.map((question) => [...(answers.get(question.key) ?? [])]),
        },
        callOptions(undefined),
      ),
    );
  }

  async rejectQuestion(request: PendingRequest): Promise<Result<undefined>> {
    return callForNothing(
      this.client.question.reject(
        { requestID: request.id, ...inDirectory(request.directory) },
        callOptions(undefined),
      ),
    );
  }

  async followInTui(sessionID: string): Promise<Result<undefined>> {
    return callForNothing(this.client.tui.selectSession({ sessionID }, callOptions(undefined)));
  }

  attachCommand(session: Session): AttachCommand {
    return {
      program: "opencode",
      args: [
        ...["attach", this.access.url, "-s", session.id, "--dir", session.directory],
        ...(this.access.username === "opencode" ? [] : ["-u", this.access.username]),
      ],
      cwd: session.directory,
      passwordVariable: "OPENCODE_SERVER_PASSWORD",
    };
  }

  async addMcpServer(
    directory: string | undefined,
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<Result<undefined>> {
    return call(
      this.client.mcp.add(
        {
          ...inDirectory(directory),
          name,
          config: { type: "local", command: [...command], environment, enabled: true },
        },
        callOptions(undefined),
      ),
      (body) => objectOf(objectOf(body)[name]),
    ).then((result) => {
      if (!result.ok) return result;
      if (result.value["status"] === "connected") return ok(undefined);
      const reason = stringOf(result.value["error"]) ?? "it did not connect";
      return failed(new ServerError("rejected", `the server could not start the tool: ${reason}`));
    });
  }

  /** OpenCode 1 keeps its name, switched off, until the directory is loaded anew. */
  async removeMcpServer(directory: string | undefined, name: string): Promise<Result<undefined>> {
    const parameters = { ...inDirectory(directory), name };
    const asked = await call(
      this.client.mcp.disconnect(parameters, callOptions(undefined)),
      (body) => (body === true ? body : undefined),
    );
    return asked.ok ? ok(undefined) : asked;
  }

  checkCompatibility(signal?: AbortSignal): Promise<CompatibilityReport> {
    return checkCompatibility(this.access, "/doc", V1_NEEDS, signal);
  }
}

function wireModel(model: ModelRef): { providerID: string; modelID: string } {
  return { providerID: model.providerID, modelID: model.modelID };
}
