import * as vscode from "vscode";

import { originOf, refusalToSend } from "../../core/credentialPolicy.ts";
import { normaliseServerURL } from "../../core/state/endpoint.ts";
import type { ServerError } from "../../core/errors.ts";
import { askForText, askWarning } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { withProgress } from "../withProgress.ts";

/** The user name servers expect unless configured otherwise. */
export const DEFAULT_USERNAME = "opencode";

/** Asks for a server's address, normalised; undefined if cancelled. `isTaken`: whether it is in the list already. */
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

/** Asks for one line of text, which may be empty; undefined if cancelled. */
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
 * Whether requests may be sent to this address. If others could intercept them, asks the user once per origin
 * and keeps the answer in the setting `allowedPlainHttp`.
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

/** The credentials for a server that was checked. */
export interface CheckedServer {
  readonly username: string;
  /** Undefined if the server requires none, or could not be reached. */
  readonly password: string | undefined;
}

interface CheckOptions {
  readonly username: string;
  readonly password: string | undefined;
  /** Whether the user may also be asked for the user name. */
  readonly asksUsername: boolean;
  /** Whether the user may keep a server that cannot be reached. */
  readonly mayBeAbsent: boolean;
}

/**
 * Probes a server and, as long as it requires a password, asks the user for it. Undefined if the user
 * cancels; throws the reason if something other than OpenCode answers.
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
      ? vscode.l10n.t("{0} rejected the password", url)
      : vscode.l10n.t("{0} requires a password", url),
    prompt: vscode.l10n.t("Password for {0}, kept in VS Code's secret storage", username),
    password: true,
    ignoreFocusOut: true,
  });
  return password === "" ? undefined : password;
}

/** Asks whether to keep a server that does not answer. Throws if something other than OpenCode answers. */
async function keepsAbsent(url: string, error: ServerError): Promise<boolean> {
  if (error.reason !== "unreachable" && error.reason !== "timeout") throw error;
  const keep = vscode.l10n.t("Keep It Anyway");
  const answer = await askWarning(
    vscode.l10n.t("{0} does not answer: {1}.", url, error.message),
    vscode.l10n.t("You can keep it in the list: it will be connected as soon as it answers."),
    keep,
  );
  return answer === keep;
}
