import * as vscode from "vscode";

import { originOf, refusalToSend } from "../../core/credentialPolicy.ts";
import { normaliseServerURL } from "../../core/state/endpoint.ts";
import type { ServerError } from "../../core/errors.ts";
import { askForText, askWarning } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { withProgress } from "../withProgress.ts";

/** The user name servers expect unless they were told another one. */
export const DEFAULT_USERNAME = "opencode";

/** Asks for a server's address, normalised; undefined when none is given. `isTaken` names those in the list. */
export async function askURL(
  title: string,
  value: string,
  isTaken: (url: string) => boolean,
): Promise<string | undefined> {
  const text = await askForText({
    title,
    value,
    prompt: vscode.l10n.t("Address of the OpenCode server"),
    placeHolder: "http://127.0.0.1:4096",
    ignoreFocusOut: true,
    validateInput: (input) => {
      const url = normaliseServerURL(input);
      if (url === undefined) {
        return input.includes("@")
          ? vscode.l10n.t(
              "Leave out the user name and password; you are asked for them separately.",
            )
          : vscode.l10n.t("This is not an http or https address.");
      }
      return isTaken(url) ? vscode.l10n.t("This server is already in the list.") : undefined;
    },
  });
  return text === undefined ? undefined : normaliseServerURL(text);
}

/** Asks for one line of text that may be empty; undefined when a person gives up. */
export async function askText(
  title: string,
  prompt: string,
  options: { readonly value: string; readonly placeHolder?: string },
): Promise<string | undefined> {
  const text = await askForText({
    title,
    prompt,
    ignoreFocusOut: true,
    ...options,
  });
  return text?.trim();
}

/**
 * Whether this address may be spoken to. Where others could read along a person is asked, once for each origin:
 * the answer is kept in the setting `allowedPlainHttp`.
 */
export async function acceptsPlainHTTP(
  { configuration }: CommandContext,
  url: string,
): Promise<boolean> {
  const allowed = configuration.read().allowedPlainHTTP;
  if (refusalToSend({ url }, allowed) === undefined) return true;
  const connect = vscode.l10n.t("Use It Anyway");
  const answer = await askWarning(
    vscode.l10n.t("{0} is not encrypted.", url),
    vscode.l10n.t(
      "It uses plain HTTP to another machine: others on the network can read the password and the sessions, and change them.",
    ),
    connect,
  );
  if (answer !== connect) return false;
  await configuration.write("allowedPlainHttp", [...allowed, originOf(url)]);
  return true;
}

/** How a server that answered is to be spoken to. */
export interface CheckedServer {
  readonly username: string;
  /** Undefined where the server wants none, or was not there to ask. */
  readonly password: string | undefined;
}

interface CheckOptions {
  readonly username: string;
  readonly password: string | undefined;
  /** Whether the user name may be asked for as well. */
  readonly asksUsername: boolean;
  /** Whether a server that is not there may be kept all the same. */
  readonly mayBeAbsent: boolean;
}

/**
 * Asks the server whether it is one and, while it wants a password, a person for it. Undefined when the
 * person gives up; throws the reason when something else answers.
 */
export async function checkServer(
  context: CommandContext,
  url: string,
  options: CheckOptions,
): Promise<CheckedServer | undefined> {
  let { username, password } = options;
  for (;;) {
    const credentials = { username, password };
    const answer = await withProgress(vscode.l10n.t("Asking {0}…", url), (signal) =>
      context.servers.detect(url, credentials, signal),
    );
    if (answer.ok) return credentials;
    if (answer.error.reason !== "unauthorized") {
      if (!options.mayBeAbsent || !(await keepsAbsent(url, answer.error))) return undefined;
      return credentials;
    }
    if (options.asksUsername) {
      const name = await askText(
        vscode.l10n.t("{0} requires a password", url),
        vscode.l10n.t("User name"),
        { value: username },
      );
      if (name === undefined) return undefined;
      username = name === "" ? DEFAULT_USERNAME : name;
    }
    password = await askPassword(url, username, password !== undefined);
    if (password === undefined) return undefined;
  }
}

async function askPassword(
  url: string,
  username: string,
  wasRefused: boolean,
): Promise<string | undefined> {
  const password = await askForText({
    title: wasRefused
      ? vscode.l10n.t("{0} refused the password", url)
      : vscode.l10n.t("{0} requires a password", url),
    prompt: vscode.l10n.t("Password for {0}, kept in VS Code's secret storage", username),
    password: true,
    ignoreFocusOut: true,
  });
  return password === "" ? undefined : password;
}

/** Whether a server that does not answer is wanted all the same. Throws when it is something else that answers. */
async function keepsAbsent(url: string, error: ServerError): Promise<boolean> {
  if (error.reason !== "unreachable" && error.reason !== "timeout") throw error;
  const keep = vscode.l10n.t("Keep It Anyway");
  const answer = await askWarning(
    vscode.l10n.t("{0} does not answer: {1}.", url, error.message),
    vscode.l10n.t("You can keep it in the list: it is connected as soon as it answers."),
    keep,
  );
  return answer === keep;
}
