import * as vscode from "vscode";

import { redacted, type Log } from "../core/log.ts";

/** The log the user can open: a `Log` on a VS Code output channel. The caller disposes it. */
export interface OutputLog extends Log {
  /** Opens the channel without taking focus. */
  show(): void;
  dispose(): void;
}

/** Creates the extension's only output channel. Anything that looks like a credential is masked. */
export function createOutputLog(name: string): OutputLog {
  const channel = vscode.window.createOutputChannel(name, { log: true });
  const line = (component: string, message: string): string =>
    `[${component}] ${redacted(message)}`;
  return {
    trace: (component, message) => {
      channel.trace(line(component, message));
    },
    debug: (component, message) => {
      channel.debug(line(component, message));
    },
    info: (component, message) => {
      channel.info(line(component, message));
    },
    warn: (component, message) => {
      channel.warn(line(component, message));
    },
    error: (component, message) => {
      channel.error(line(component, message));
    },
    show: () => {
      channel.show(true);
    },
    dispose: () => {
      channel.dispose();
    },
  };
}
