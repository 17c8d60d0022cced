import * as vscode from "vscode";

import { type Model, modelKey, type ModelRef } from "../core/state/model.ts";
import type { Gateway } from "../server/gateway.ts";
import { formatTokens } from "../viewModels/text/format.ts";
import { choose } from "./ask.ts";
import { Refusal, valueOf } from "./failure.ts";
import type { SessionTarget } from "./target.ts";

/**
 * The model to work with: the session's own if the server still offers it, else the one the user picks from
 * those offered in the session's directory. `question`: the picker's purpose, if it isn't a summary.
 */
export async function modelFor(
  { session, server, title }: SessionTarget,
  gateway: Gateway,
  own: ModelRef | undefined,
  question?: string,
): Promise<ModelRef> {
  if (own !== undefined && server.models.has(modelKey(own))) return own;
  const models = valueOf(await gateway.models(session.directory));
  if (own !== undefined && models.some((model) => modelKey(model) === modelKey(own))) return own;
  if (models.length === 0) {
    throw new Refusal(vscode.l10n.t("The server offers no model for “{0}”.", title));
  }
  const placeHolder =
    question !== undefined
      ? question
      : own === undefined
        ? vscode.l10n.t("Which model should write the summary of “{0}”?", title)
        : vscode.l10n.t(
            "The server no longer offers {0}. Which model should write the summary?",
            modelKey(own),
          );
  return pickModel(gateway, session.directory, models, placeHolder);
}

/** Lets the user pick one of a directory's models, its default first. */
async function pickModel(
  gateway: Gateway,
  directory: string | undefined,
  models: readonly Model[],
  placeHolder: string,
): Promise<ModelRef> {
  const usual = valueOf(await gateway.defaultModel(directory));
  const items = models
    .map((model) => toItem(model, usual))
    .sort((a, b) => Number(b.isUsual) - Number(a.isUsual));
  const { model } = await choose(items, { placeHolder, matchOnDescription: true });
  const { providerID, modelID } = model;
  return { providerID, modelID, variant: undefined };
}

function toItem(model: Model, usual: ModelRef | undefined) {
  const isUsual = usual !== undefined && modelKey(usual) === modelKey(model);
  const words = [modelKey(model)];
  if (model.contextLimit !== undefined) {
    words.push(vscode.l10n.t("{0} context", formatTokens(model.contextLimit)));
  }
  if (isUsual) words.push(vscode.l10n.t("default"));
  return { label: model.name, description: words.join(" · "), model, isUsual };
}
