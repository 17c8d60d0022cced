import * as vscode from "vscode";

import type { ModelRef } from "../core/model.ts";

import { getServer } from "../core/lookup.ts";
import type { SessionRef } from "../core/session.ts";
import type { ServerState } from "../core/state.ts";
import { cleanTitle } from "../viewModels/format.ts";
import { promptNotice } from "../viewModels/promptNotice.ts";
import { activate } from "./activateSession.ts";
import { answerAbout } from "./askServer.ts";
import type { CommandContext, PromptDraft, SessionDocumentControls } from "./commandContext.ts";
import { Refusal, valueOf } from "./failure.ts";
import { pickModel } from "./pickModel.ts";
import { gatewayOf, sessionTarget } from "./target.ts";

/** Opens an editor to write a prompt to a session in. */
export async function promptSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Write a Prompt"));
  if (target === undefined) return;
  const documents = await context.documents.sessions();
  await documents.prompts.open({ kind: "session", ref: target.ref });
}

/**
 * Sends the prompt of the active editor, or of the one it was asked on, and shows the answer as it comes. The
 * editor stays when it could not be sent.
 */
export async function sendPrompt(context: CommandContext, argument: unknown): Promise<void> {
  const documents = await context.documents.sessions();
  const draft = draftOf(documents, argument);
  if (draft.text.trim() === "") throw new Refusal(vscode.l10n.t("The prompt is empty."));
  const notice = promptNotice(context.store.state, draft.target);
  if (notice.kind === "refused") throw new Refusal(notice.text);
  const ref = await send(context, draft);
  await documents.prompts.finish(draft.uri);
  if (draft.target.kind === "new") activate(context, ref);
  vscode.window.setStatusBarMessage(
    notice.kind === "queued"
      ? vscode.l10n.t("$(watch) Queued: it is answered after the running turn.")
      : vscode.l10n.t("$(check) The prompt was sent."),
    5000,
  );
  await documents.openTranscript(ref);
}

async function send(context: CommandContext, draft: PromptDraft): Promise<SessionRef> {
  const { target, text, agent, model } = draft;
  const choices = {
    ...(agent === undefined ? {} : { agent }),
    ...(model === undefined ? {} : { model }),
  };
  if (target.kind === "session") {
    const known = await sessionTarget(context, target.ref, "");
    if (known === undefined) throw new Refusal(vscode.l10n.t("This session no longer exists."));
    const gateway = gatewayOf(context, known.server);
    answerAbout(context, known, await gateway.prompt(known.session, { text, ...choices }));
    return target.ref;
  }
  const server = serverOf(context, draft);
  const gateway = gatewayOf(context, server);
  const session = valueOf(await gateway.createSession({ directory: target.directory, ...choices }));
  const sent = await gateway.prompt(session, { text, ...choices });
  if (!sent.ok) {
    // Sending it again makes another one.
    await gateway.remove(session);
    throw sent.error;
  }
  return { serverID: target.serverID, sessionID: session.id };
}

/** Chooses the agent a prompt is sent to. */
export async function choosePromptAgent(context: CommandContext, argument: unknown): Promise<void> {
  const documents = await context.documents.sessions();
  const draft = draftOf(documents, argument);
  const server = serverOf(context, draft);
  const agents = valueOf(await gatewayOf(context, server).agents(directoryOf(context, draft)));
  const items = agents
    .filter(({ isPrimary }) => isPrimary)
    .map(({ name, description }) => ({ label: cleanTitle(name), detail: description, name }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t("Which agent shall answer?"),
    matchOnDetail: true,
  });
  if (picked !== undefined) documents.prompts.choose(draft.uri, { agent: picked.name });
}

/** Chooses the model a prompt is answered by. */
export async function choosePromptModel(context: CommandContext, argument: unknown): Promise<void> {
  const documents = await context.documents.sessions();
  const draft = draftOf(documents, argument);
  const server = serverOf(context, draft);
  const gateway = gatewayOf(context, server);
  const directory = directoryOf(context, draft);
  const models = valueOf(await gateway.models(directory));
  if (models.length === 0) throw new Refusal(vscode.l10n.t("The server offers no model."));
  const model: ModelRef | undefined = await pickModel(
    gateway,
    directory,
    models,
    vscode.l10n.t("Which model shall answer?"),
  );
  if (model === undefined) return;
  documents.prompts.choose(draft.uri, { model });
}

function draftOf({ prompts }: SessionDocumentControls, argument: unknown): PromptDraft {
  const draft = prompts.draft(argument instanceof vscode.Uri ? argument : undefined);
  if (draft === undefined) {
    throw new Refusal(vscode.l10n.t("Open a prompt first: “Write a Prompt…” does."));
  }
  return draft;
}

function serverOf({ store }: CommandContext, { target }: PromptDraft): ServerState {
  const serverID = target.kind === "session" ? target.ref.serverID : target.serverID;
  const server = getServer(store.state, serverID);
  if (server === undefined) throw new Refusal(vscode.l10n.t("The server is not connected."));
  return server;
}

function directoryOf({ store }: CommandContext, { target }: PromptDraft): string | undefined {
  if (target.kind === "new") return target.directory;
  const { serverID, sessionID } = target.ref;
  return getServer(store.state, serverID)?.sessions.get(sessionID)?.directory;
}
