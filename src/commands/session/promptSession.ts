import * as vscode from "vscode";

import type { PromptInput, PromptOutcome } from "../../core/state/prompt.ts";
import type { Result } from "../../core/result.ts";
import { getLive } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { slashCommandIn } from "../../viewModels/conversation/completion.ts";
import { promptNotice } from "../../viewModels/documents/promptNotice.ts";
import type { CommandContext } from "../commandContext.ts";
import { failedOutcome, Refusal, valueOf } from "../failure.ts";
import { gatewayOf, namedTarget, type SessionTarget, sessionTarget } from "../target.ts";
import { reportFailure } from "../reportFailure.ts";
import { untilState } from "../../core/state/untilState.ts";
import { activate } from "./activateSession.ts";
import { answerAbout } from "./askServer.ts";

/** Opens a session's page with the focus in its prompt box. */
export async function promptSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Write a Prompt"));
  activate(context, target.ref);
  context.documents.pages.open(target.ref, { tab: "conversation", prompt: {} });
}

/** Opens the active session's page and adds the editor's selection to its prompt. */
export async function attachSelection(context: CommandContext): Promise<void> {
  const target = await sessionTarget(context, undefined, vscode.l10n.t("Attach Selection"));
  context.documents.pages.open(target.ref, {
    tab: "conversation",
    prompt: { addsSelection: true },
  });
}

/** Sends the content of a prompt box. Returns the outcome for the box to show; never throws. */
export async function sendPrompt(
  context: CommandContext,
  ref: SessionRef,
  input: PromptInput,
): Promise<PromptOutcome> {
  try {
    const target = namedTarget(context, ref);
    const { text, files = [] } = input;
    if (text.trim() === "" && files.length === 0) {
      throw new Refusal(vscode.l10n.t("The prompt is empty."));
    }
    const notice = promptNotice(context.store.state, target.ref);
    if (notice.kind === "refused") throw new Refusal(notice.text);
    const steers = notice.canSteer === true && input.delivery === "steer";
    const delivery = notice.kind === "queued" ? (steers ? "steer" : "queue") : undefined;
    const sent = await send(context, target, { ...input, delivery });
    activate(context, target.ref);
    // A server that can steer decides on its own when a command runs.
    const isUnknown = sent === "command" && notice.canSteer === true;
    if (delivery === undefined || isUnknown) return { kind: "sent" };
    return { kind: steers ? "steered" : "queued" };
  } catch (error) {
    return failedOutcome(context.log, "a prompt was not sent", error);
  }
}

/** Sends a prompt, or runs the server command it begins with. */
async function send(
  context: CommandContext,
  target: SessionTarget,
  input: PromptInput,
): Promise<"command" | "prompt"> {
  const gateway = gatewayOf(context, target.server);
  const command = slashCommandIn(input.text);
  if (command !== undefined) {
    const known = valueOf(await gateway.slashCommands(target.session.directory));
    if (known.some(({ name }) => name === command.name)) {
      const run = gateway.runCommand(target.session, command.name, {
        ...input,
        text: command.arguments,
      });
      await untilBegun(context, target, run);
      return "command";
    }
  }
  answerAbout(context, target, await gateway.prompt(target.session, input));
  return "prompt";
}

/** A server answers a command only when its turn has ended: it counts as sent once the session is working on it. */
async function untilBegun(
  context: CommandContext,
  target: SessionTarget,
  run: Promise<Result<undefined>>,
): Promise<void> {
  const { store } = context;
  const failure = run.then((answer) => {
    answerAbout(context, target, answer);
  });
  const begun = untilState(store, () => getLive(store.state, target.ref).activity.kind !== "idle", {
    limitMs: COMMAND_BEGINS_MS,
  });
  let isBegun = false;
  failure.catch((error: unknown) => {
    if (isBegun) reportFailure(context.log, vscode.l10n.t("Run Slash Command in Session"), error);
  });
  await Promise.race([failure, begun]);
  isBegun = true;
}

/** A command that has not failed by then is running. */
const COMMAND_BEGINS_MS = 3000;
