import * as vscode from "vscode";

import { isLoopbackURL, normaliseServerURL } from "../core/endpoint.ts";
import type { ServerError } from "../core/errors.ts";
import type { CommandContext } from "./commandContext.ts";
import { withProgress } from "./withProgress.ts";

/** The user name servers expect unless they were told another one. */
export const DEFAULT_USERNAME = "opencode";

/** Asks for a server's address, normalised; undefined when none is given. `isTaken` names those in the list. */
export async function askURL(
  title: string,
  value: string,
  isTaken: (url: string) => boolean,
): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    value,
    prompt: vscode.l10n.t("Address of the OpenCode server"),
    placeHolder: "http://127.0.0.1:4096",
    ignoreFocusOut: true,
    validateInput: (input) => {
      const url = normaliseServerURL(input);
      if (url === undefined) {
        return input.includes("@")
          ? vscode.l10n.t("Leave user name and password out; they are asked for separately.")
          : vscode.l10n.t("This is no http or https address.");
      }
      return isTaken(url) ? vscode.l10n.t("This server is in the list already.") : undefined;
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
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    ignoreFocusOut: true,
    ...options,
  });
  return text?.trim();
}

/** Whether what is sent to this address may be read on its way; asks when it may. True where it is safe or wanted. */
export async function acceptsPlainHTTP(url: string): Promise<boolean> {
  if (url.startsWith("https:") || isLoopbackURL(url)) return true;
  const connect = vscode.l10n.t("Use It Anyway");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("{0} is not encrypted.", url),
    {
      modal: true,
      detail: vscode.l10n.t(
        "It is plain HTTP to another machine: whoever is on the way can read the password and the sessions, and change them.",
      ),
    },
    connect,
  );
  return answer === connect;
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
        vscode.l10n.t("{0} wants a password", url),
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
  const password = await vscode.window.showInputBox({
    title: wasRefused
      ? vscode.l10n.t("{0} refused the password", url)
      : vscode.l10n.t("{0} wants a password", url),
    prompt: vscode.l10n.t("Password of {0}, kept in the secret storage of VS Code", username),
    password: true,
    ignoreFocusOut: true,
  });
  return password === "" ? undefined : password;
}

/** Whether a server that does not answer is wanted all the same. Throws when it is something else that answers. */
async function keepsAbsent(url: string, error: ServerError): Promise<boolean> {
  if (error.reason !== "unreachable" && error.reason !== "timeout") throw error;
  const keep = vscode.l10n.t("Keep It Anyway");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("{0} does not answer now: {1}.", url, error.message),
    {
      modal: true,
      detail: vscode.l10n.t(
        "It can be kept in the list; it is connected to as soon as it answers.",
      ),
    },
    keep,
  );
  return answer === keep;
}
