import { t } from "../../core/language.ts";
import { ServerError } from "../../core/errors.ts";
import type { ModelRef } from "../../core/state/model.ts";
import type { PendingRequest } from "../../core/state/request.ts";
import type { PromptFile, PromptInput } from "../../core/state/prompt.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { Session } from "../../core/state/session.ts";
import { checkCompatibility } from "../compatibility.ts";
import type { Gateway, GatewayCommands } from "../gateway.ts";
import type { ServerAccess } from "../http.ts";
import { arrayOf, idOf, objectOf, stringOf } from "../narrow.ts";
import { SharedValues } from "../sharedValues.ts";
import { formAnswer } from "./formAnswer.ts";
import { V2_REQUIRED_API } from "./requiredAPI.ts";
import { parseSession, parseTime } from "./parseSession.ts";
import type { Routes } from "./routes.ts";
import type { StreamMemory } from "./streamMemory.ts";
import { atLocation, cannot, sessionPath, V2Client } from "./v2Client.ts";
import { createV2Queries } from "./v2Queries.ts";

/** OpenCode 2 by its published contract: queries and commands. */
export function createV2Gateway(
  serverID: string,
  access: ServerAccess,
  routes: Routes,
  memory: StreamMemory,
): Gateway {
  const client = new V2Client(access);
  const shared = new SharedValues();
  return {
    serverID,
    ...createV2Queries(client, routes, memory, shared),
    ...createV2Commands(client, routes, memory, shared),
    checkCompatibility: (signal) =>
      checkCompatibility(access, "/openapi.json", V2_REQUIRED_API, signal),
  };
}

function createV2Commands(
  client: V2Client,
  routes: Routes,
  memory: StreamMemory,
  shared: SharedValues,
): GatewayCommands {
  const toSession = (data: unknown): Session | undefined => parseSession(data, shared);
  /** Agent and model belong to the session itself, so a prompt that names others selects them first. */
  const select = async (
    { id, ...session }: Session,
    { agent, model }: PromptInput,
  ): Promise<Result<undefined>> => {
    if (agent !== undefined && agent !== session.agent) {
      const told = await client.send(sessionPath(id, "/agent"), { body: { agent } });
      if (!told.ok) return told;
    }
    if (model === undefined || isSameModel(model, session.model)) return ok(undefined);
    return client.send(sessionPath(id, "/model"), { body: { model: wireModel(model) } });
  };
  return {
    createSession: ({ directory, title, agent, model }) =>
      client.ask("/api/session", toSession, {
        method: "POST",
        body: {
          ...(directory === undefined ? {} : { location: { directory } }),
          ...(title === undefined ? {} : { title }),
          ...(agent === undefined ? {} : { agent }),
          ...(model === undefined ? {} : { model: wireModel(model) }),
        },
      }),

    async prompt(session, input) {
      const { files = [], mentions = [], text, delivery } = input;
      if (files.length > 0 && !routes.takesFiles) return cannot(t("accept files with a prompt"));
      const selected = await select(session, input);
      if (!selected.ok) return selected;
      const prompt = {
        text,
        ...(files.length === 0 ? {} : { files: files.map(wireFile) }),
        ...(mentions.length === 0 ? {} : { agents: mentions.map((name) => ({ name })) }),
      };
      return client.send(sessionPath(session.id, "/prompt"), {
        body: {
          ...(routes.nestsPrompt ? { prompt } : prompt),
          ...(delivery === undefined || !routes.takesDelivery ? {} : { delivery }),
        },
      });
    },

    async runCommand(session, name, input) {
      const { files = [], text } = input;
      if (files.length > 0) return cannot(t("accept files with a command"));
      const selected = await select(session, input);
      if (!selected.ok) return selected;
      return client.send(sessionPath(session.id, "/command"), { body: { name, text } });
    },

    init: () => cannot(t("generate AGENTS.md")),

    // Needs no model and doesn't disturb a running turn; the server does it at the next step boundary.
    async compact({ id }) {
      const wait = memory.compactions.begin(id);
      const accepted = await client.ask(
        sessionPath(id, "/compact"),
        (data) => ({ itemID: idOf(objectOf(data)["id"]) }),
        { method: "POST", body: {} },
      );
      if (!accepted.ok) {
        wait.cancel();
        return accepted;
      }
      wait.accepted(accepted.value.itemID);
      return wait.ended;
    },

    interrupt: ({ id }) => client.send(sessionPath(id, "/interrupt"), {}),

    rename: ({ id }, title) =>
      routes.renamesByPatch
        ? client.send(sessionPath(id), { method: "PATCH", body: { title } })
        : client.send(sessionPath(id, "/rename"), { body: { title } }),

    archive: () => cannot(t("archive sessions")),

    remove: ({ id }) => client.send(sessionPath(id), { method: "DELETE" }),

    fork: ({ id }, beforeMessageID) =>
      client.ask(sessionPath(id, "/fork"), toSession, {
        method: "POST",
        body: forkBody(routes, beforeMessageID),
      }),

    share: () => cannot(t("share sessions")),
    unshare: () => cannot(t("share sessions")),

    revert: ({ id }, messageID) =>
      client.send(sessionPath(id, "/revert/stage"), { body: { messageID } }),

    unrevert: ({ id }) =>
      routes.clearsRevertByDelete
        ? client.send(sessionPath(id, "/revert"), { method: "DELETE" })
        : client.send(sessionPath(id, "/revert/clear"), {}),

    async markViewed({ id }) {
      if (!routes.hasView) return cannot(t("track which sessions were viewed"));
      const row = await client.ask(sessionPath(id), (data) => ({
        idle: parseTime(objectOf(objectOf(data)["time"])["idle"]),
      }));
      if (!row.ok) return row;
      const { idle } = row.value;
      // Nothing has ended yet, so there is nothing to mark as seen.
      if (idle === undefined) return ok(undefined);
      return client.send(sessionPath(id, "/view"), { body: { idle } });
    },

    replyPermission: (request, reply, message) =>
      client.send(requestPath(request, "permission", "/reply"), {
        body: { [routes.replyField]: reply, ...(message === undefined ? {} : { message }) },
      }),

    replyQuestion(request, answers) {
      const questions = request.kind === "question" ? request.questions : [];
      return client.send(requestPath(request, "form", "/reply"), {
        body: { answer: formAnswer(questions, answers) },
      });
    },

    rejectQuestion: (request) =>
      routes.cancelsFormByDelete
        ? client.send(requestPath(request, "form", ""), { method: "DELETE" })
        : client.send(requestPath(request, "form", "/cancel"), {}),

    followInTui: () => cannot(t("switch a running terminal")),

    attachCommand: ({ id, directory }, url) => ({
      program: "opencode",
      args: ["--server", url, "--session", id],
      cwd: directory,
      passwordVariable: "OPENCODE_PASSWORD",
    }),

    // Registers the server for this run, then checks whether it started, if the server reports that.
    async addMcpServer(directory, name, command, environment) {
      const { mcpPath } = routes;
      if (mcpPath === undefined) return cannot(t("add tools at run time"));
      const where = atLocation(directory);
      const added = await client.send(`${mcpPath}/${encodeURIComponent(name)}${where}`, {
        method: "PUT",
        body: { config: { type: "local", command: [...command], environment } },
      });
      if (!added.ok) return added;
      const listed = await client.ask(`/api/mcp${where}`, (data) => ({
        server: objectOf(
          arrayOf(data).find((item) => objectOf(item)["name"] === name) ?? objectOf(data)[name],
        ),
      }));
      const status = listed.ok ? objectOf(listed.value.server["status"]) : {};
      const reason = stringOf(status["error"]);
      return reason === undefined
        ? ok(undefined)
        : failed(new ServerError("rejected", t`the server could not start the tool: ${reason}`));
    },

    removeMcpServer(directory, name) {
      const { mcpPath } = routes;
      if (mcpPath === undefined) return cannot(t("remove tools at run time"));
      const path = `${mcpPath}/${encodeURIComponent(name)}${atLocation(directory)}`;
      return client.send(path, { method: "DELETE" });
    },
  };
}

function forkBody({ forkField }: Routes, messageID: string | undefined): unknown {
  if (messageID === undefined) return {};
  return forkField === "boundary"
    ? { boundary: { type: "before", messageID } }
    : { [forkField]: messageID };
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

function wireFile({ filename, url }: PromptFile): Readonly<Record<string, string>> {
  return { uri: url, name: filename };
}

function isSameModel(a: ModelRef, b: ModelRef | undefined): boolean {
  return a.modelID === b?.modelID && a.providerID === b.providerID && a.variant === b.variant;
}
