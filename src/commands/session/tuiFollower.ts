import * as vscode from "vscode";

import type { ServerState } from "../../core/state/state.ts";
import type { Configuration } from "../../platform/configuration.ts";
import { showInformation } from "../../platform/messages.ts";
import type { Gateway } from "../../server/gateway.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";
import { valueOf } from "../failure.ts";

/**
 * Makes attached terminals show the session that was picked, as the setting `followInTui` says. A server
 * moves all its terminals and does not report whether it has any, so `ask` asks once per server and window.
 */
export class TuiFollower {
  readonly #configuration: Configuration;
  readonly #reportFailure: (error: unknown) => void;
  readonly #answers = new Map<string, boolean>();

  constructor(configuration: Configuration, reportFailure: (error: unknown) => void) {
    this.#configuration = configuration;
    this.#reportFailure = reportFailure;
  }

  /**
   * Returns immediately: picking a session should not wait for the user's answer. `mayAsk` is false if a
   * session is only being viewed, e.g. by a click in the tree.
   */
  follow(server: ServerState, gateway: Gateway, sessionID: string, mayAsk: boolean): void {
    this.#follow(server, gateway, sessionID, mayAsk).catch(this.#reportFailure);
  }

  async #follow(
    server: ServerState,
    gateway: Gateway,
    sessionID: string,
    mayAsk: boolean,
  ): Promise<void> {
    if (!server.capabilities.has("followTui")) return;
    if (await this.#isWanted(server, mayAsk)) valueOf(await gateway.followInTui(sessionID));
  }

  async #isWanted({ endpoint }: ServerState, mayAsk: boolean): Promise<boolean> {
    const { followInTui } = this.#configuration.read();
    if (followInTui !== "ask") return followInTui === "always";
    const earlier = this.#answers.get(endpoint.serverID);
    if (earlier !== undefined || !mayAsk) return earlier ?? false;
    const yes = vscode.l10n.t("Yes");
    const always = vscode.l10n.t("Always");
    const never = vscode.l10n.t("Never");
    const answer = await showInformation(
      vscode.l10n.t(
        "Should terminals attached to “{0}” follow when you pick a session? All of them follow together.",
        cleanTitle(endpoint.name, 40),
      ),
      yes,
      always,
      never,
    );
    if (answer === always || answer === never) {
      await this.#configuration.write("followInTui", answer === always ? "always" : "never");
    }
    const isWanted = answer === yes || answer === always;
    this.#answers.set(endpoint.serverID, isWanted);
    return isWanted;
  }
}
