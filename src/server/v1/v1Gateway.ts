import { t } from "../../core/language.ts";
import { isAbsolutePath } from "../../core/shellArguments.ts";
import { ServerError } from "../../core/errors.ts";
import { modelKey, type ModelRef } from "../../core/state/model.ts";
import type { PromptInput } from "../../core/state/prompt.ts";
import { failed, ok } from "../../core/result.ts";
import type { Session } from "../../core/state/session.ts";
import { checkCompatibility } from "../compatibility.ts";
import type { Gateway, GatewayCommands } from "../gateway.ts";
import { objectOf, stringOf } from "../narrow.ts";
import { SharedValues } from "../sharedValues.ts";
import { V1_REQUIRED_API } from "./requiredAPI.ts";
import { parseSession } from "./parseSession.ts";
import { inDirectory, type V1Client } from "./v1Client.ts";
import { createV1Queries } from "./v1Queries.ts";

/** OpenCode 1 (observed on 1.18) through its SDK: queries and commands. */
export function createV1Gateway(serverID: string, client: V1Client): Gateway {
  const shared = new SharedValues();
  return {
    serverID,
    ...createV1Queries(client, shared),
    ...createV1Commands(client, shared),
    checkCompatibility: (signal) =>
      checkCompatibility(client.access, "/doc", V1_REQUIRED_API, signal),
  };
}

function createV1Commands(client: V1Client, shared: SharedValues): GatewayCommands {
  const toSession = (body: unknown): Session | undefined => parseSession(body, shared);
  return {
    createSession: ({ directory, title, agent, model }) =>
      client.ask(
        (sdk, options) =>
          sdk.session.create(
            {
              ...inDirectory(directory),
              ...(title === undefined ? {} : { title }),
              ...(agent === undefined ? {} : { agent }),
              ...(model === undefined
                ? {}
                : { model: { id: model.modelID, providerID: model.providerID } }),
            },
            options,
          ),
        toSession,
      ),

    prompt(session, input) {
      const model = input.model ?? session.model;
      const agent = input.agent ?? session.agent;
      return client.send((sdk, options) =>
        sdk.session.promptAsync(
          {
            ...wireSession(session),
            parts: [
              ...(input.text === "" ? [] : [{ type: "text" as const, text: input.text }]),
              ...wireFiles(input),
              ...(input.mentions ?? []).map((name) => ({ type: "agent" as const, name })),
            ],
            ...(model === undefined ? {} : { model: wireModel(model) }),
            ...(model?.variant === undefined ? {} : { variant: model.variant }),
            ...(agent === undefined ? {} : { agent }),
          },
          options,
        ),
      );
    },

    runCommand: (session, command, input) =>
      client.send(
        (sdk, options) =>
          sdk.session.command(
            {
              ...wireSession(session),
              command,
              arguments: input.text,
              parts: wireFiles(input),
              ...(input.agent === undefined ? {} : { agent: input.agent }),
              ...(input.model === undefined ? {} : { model: modelKey(input.model) }),
            },
            options,
          ),
        UNLIMITED,
      ),

    // Through its slash command: the dedicated route requires the id of a message that doesn't exist yet.
    init: (session, { providerID, modelID }) =>
      client.send(
        (sdk, options) =>
          sdk.session.command(
            {
              ...wireSession(session),
              command: "init",
              arguments: "",
              model: `${providerID}/${modelID}`,
            },
            options,
          ),
        UNLIMITED,
      ),

    compact: (session, model) =>
      client.send(
        (sdk, options) =>
          sdk.session.summarize(
            { ...wireSession(session), ...wireModel(model), auto: false },
            options,
          ),
        UNLIMITED,
      ),

    interrupt: (session) =>
      client.send((sdk, options) => sdk.session.abort(wireSession(session), options)),

    rename: ({ id }, title) =>
      client.send((sdk, options) => sdk.session.update({ sessionID: id, title }, options)),

    archive: ({ id }, archivedMs) =>
      client.send((sdk, options) =>
        sdk.session.update({ sessionID: id, time: { archived: archivedMs } }, options),
      ),

    remove: (session) =>
      client.send((sdk, options) => sdk.session.delete(wireSession(session), options)),

    fork: (session, beforeMessageID) =>
      client.ask(
        (sdk, options) =>
          sdk.session.fork(
            {
              ...wireSession(session),
              ...(beforeMessageID === undefined ? {} : { messageID: beforeMessageID }),
            },
            options,
          ),
        toSession,
      ),

    share: (session) =>
      client.ask(
        (sdk, options) => sdk.session.share(wireSession(session), options),
        (body) => stringOf(objectOf(objectOf(body)["share"])["url"]),
      ),

    unshare: (session) =>
      client.send((sdk, options) => sdk.session.unshare(wireSession(session), options)),

    revert: (session, messageID) =>
      client.send((sdk, options) =>
        sdk.session.revert({ ...wireSession(session), messageID }, options),
      ),

    unrevert: (session) =>
      client.send((sdk, options) => sdk.session.unrevert(wireSession(session), options)),

    markViewed: () =>
      Promise.resolve(
        failed(
          new ServerError("unsupported", t("OpenCode 1 does not track which sessions were viewed")),
        ),
      ),

    replyPermission: ({ id, directory }, reply, message) =>
      client.send((sdk, options) =>
        sdk.permission.reply(
          {
            requestID: id,
            ...inDirectory(directory),
            reply,
            ...(message === undefined ? {} : { message }),
          },
          options,
        ),
      ),

    replyQuestion(request, answers) {
      const questions = request.kind === "question" ? request.questions : [];
      return client.send((sdk, options) =>
        sdk.question.reply(
          {
            requestID: request.id,
            ...inDirectory(request.directory),
            answers: questions.map(({ key }) => [...(answers.get(key) ?? [])]),
          },
          options,
        ),
      );
    },

    rejectQuestion: ({ id, directory }) =>
      client.send((sdk, options) =>
        sdk.question.reject({ requestID: id, ...inDirectory(directory) }, options),
      ),

    followInTui: (sessionID) =>
      client.send((sdk, options) => sdk.tui.selectSession({ sessionID }, options)),

    attachCommand(session, url) {
      const { username } = client.access;
      return {
        program: "opencode",
        args: [
          ...["attach", url, "-s", session.id],
          ...(isAbsolutePath(session.directory) ? ["--dir", session.directory] : []),
          ...(username === "opencode" ? [] : ["-u", username]),
        ],
        cwd: session.directory,
        passwordVariable: "OPENCODE_SERVER_PASSWORD",
      };
    },

    async addMcpServer(directory, name, command, environment) {
      const added = await client.ask(
        (sdk, options) =>
          sdk.mcp.add(
            {
              ...inDirectory(directory),
              name,
              config: { type: "local", command: [...command], environment, enabled: true },
            },
            options,
          ),
        (body) => objectOf(objectOf(body)[name]),
      );
      if (!added.ok) return added;
      if (added.value["status"] === "connected") return ok(undefined);
      const reason = stringOf(added.value["error"]) ?? t("it did not connect");
      return failed(new ServerError("rejected", t`the server could not start the tool: ${reason}`));
    },

    // OpenCode 1 keeps its name, switched off, until the directory is loaded again.
    async removeMcpServer(directory, name) {
      const asked = await client.ask(
        (sdk, options) => sdk.mcp.disconnect({ ...inDirectory(directory), name }, options),
        (body) => (body === true ? body : undefined),
      );
      return asked.ok ? ok(undefined) : asked;
    },
  };
}

/** For a call that resolves when the work is done, however long that takes. */
const UNLIMITED = { timeoutMs: 0 } as const;

function wireSession({ id, directory }: Session): { sessionID: string; directory?: string } {
  return { sessionID: id, ...inDirectory(directory) };
}

function wireModel({ providerID, modelID }: ModelRef): { providerID: string; modelID: string } {
  return { providerID, modelID };
}

function wireFiles({ files = [] }: PromptInput) {
  return files.map((file) => ({ type: "file" as const, ...file }));
}
