import * as vscode from "vscode";

import { originOf, refusalToSend } from "../../core/credentialPolicy.ts";
import { type Endpoint, normaliseServerURL } from "../../core/state/endpoint.ts";
import type { ServerError } from "../../core/errors.ts";
import { chosen, confirm, enterText } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { withProgress } from "../withProgress.ts";

/** The user name servers expect unless configured otherwise. */
export const DEFAULT_USERNAME = "opencode";

/** Asks for a server's address, normalised. `isTaken`: whether it is in the list already. */
export async function askURL(
  title: string,
  value: string,
  isTaken: (url: string) => boolean,
): Promise<string> {
  const text = await enterText({
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
  return chosen(normaliseServerURL(text));
}

/** Asks for one line of text, which may be empty. */
export async function askText(
  title: string,
  prompt: string,
  options: { readonly value: string; readonly placeHolder?: string },
): Promise<string> {
  return (await enterText({ title, prompt, ignoreFocusOut: true, ...options })).trim();
}

/** The endpoint of a server in the settings. */
export function endpointAt(url: string, username = DEFAULT_USERNAME): Endpoint {
  return {
    serverID: url,
    url,
    name: url,
    origin: "settings",
    username,
    directory: undefined,
    pid: undefined,
  };
}

/**
 * Makes sure that requests may be sent to this endpoint. If others could intercept them, asks the user once per
 * origin and keeps the answer in the setting `allowedPlainHttp`.
 */
export async function acceptPlainHTTP(
  { configuration }: CommandContext,
  endpoint: Pick<Endpoint, "url" | "isTunnel">,
): Promise<void> {
  const allowed = configuration.read().allowedPlainHTTP;
  if (refusalToSend(endpoint, allowed) === undefined) return;
  await confirm(
    vscode.l10n.t("{0} is not encrypted.", endpoint.url),
    vscode.l10n.t(
      "It uses plain HTTP to another machine: others on the network can read the password and the sessions, and change them.",
    ),
    vscode.l10n.t("Use It Anyway"),
  );
  await configuration.write("allowedPlainHttp", [...allowed, originOf(endpoint.url)]);
}

/** The credentials for a server that was checked. */
export interface CheckedServer {
  readonly username: string;
  /** Undefined if the server requires none, or could not be reached. */
  readonly password: string | undefined;
}

interface CheckOptions {
  readonly password: string | undefined;
  /** Whether the user may also be asked for the user name. */
  readonly asksUsername: boolean;
  /** Whether the user may keep a server that cannot be reached. */
  readonly mayBeAbsent: boolean;
}

/**
 * Probes a server and, as long as it requires a password, asks the user for it. Throws the reason if something
 * other than OpenCode answers, or nothing where something must.
 */
export async function checkServer(
  context: CommandContext,
  endpoint: Endpoint,
  options: CheckOptions,
): Promise<CheckedServer> {
  // The address of a tunnel means nothing to the user.
  const name = endpoint.isTunnel === true ? endpoint.name : endpoint.url;
  let { username } = endpoint;
  let { password } = options;
  for (;;) {
    const credentials = { username, password };
    const answer = await withProgress(vscode.l10n.t("Asking {0}…", name), (signal) =>
      context.servers.detect({ ...endpoint, username }, password, signal),
    );
    if (answer.ok) return credentials;
    if (answer.error.reason !== "unauthorized") {
      if (!options.mayBeAbsent) throw answer.error;
      await confirmAbsent(name, answer.error);
      return credentials;
    }
    if (options.asksUsername) {
      const entered = await askText(
        vscode.l10n.t("{0} requires a password", name),
        vscode.l10n.t("User name"),
        { value: username },
      );
      username = entered === "" ? DEFAULT_USERNAME : entered;
    }
    password = await askPassword(name, username, password !== undefined);
  }
}

async function askPassword(name: string, username: string, wasRefused: boolean): Promise<string> {
  const password = await enterText({
    title: wasRefused
      ? vscode.l10n.t("{0} rejected the password", name)
      : vscode.l10n.t("{0} requires a password", name),
    prompt: vscode.l10n.t("Password for {0}, kept in VS Code's secret storage", username),
    password: true,
    ignoreFocusOut: true,
  });
  return chosen(password || undefined);
}

/** Asks whether to keep a server that does not answer. Throws if something other than OpenCode answers. */
async function confirmAbsent(name: string, error: ServerError): Promise<void> {
  if (error.reason !== "unreachable" && error.reason !== "timeout") throw error;
  await confirm(
    vscode.l10n.t("{0} does not answer: {1}.", name, error.message),
    vscode.l10n.t("You can keep it in the list: it will be connected as soon as it answers."),
    vscode.l10n.t("Keep It Anyway"),
  );
}
