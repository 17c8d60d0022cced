import { at, stringOf } from "../support/json.ts";
import type { V2Double } from "../support/opencode/v2Double/startV2Double.ts";
import type { Random } from "../support/random.ts";
import { isEachWaiting, type ServerActions, type ServerWork, workWith } from "./serverWork.ts";

/** Its projects. */
export const DOUBLE_DIRECTORIES = ["/home/dev/app", "/home/dev/lib"] as const;

/** Work on the double of OpenCode 2, which must ask for `shell` permissions. */
export function workOnDouble(double: V2Double, random: Random): ServerWork {
  return workWith(actionsOn(double), DOUBLE_DIRECTORIES, random);
}

/** What users and agents do on the double of OpenCode 2. */
function actionsOn(double: V2Double): ServerActions {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const authorization = `Basic ${Buffer.from(`opencode:${double.password}`).toString("base64")}`;
    const response = await fetch(`${double.url}/api/session${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const { state, turns } = double;
  return {
    create: async (title, directory) => {
      const made = await call("POST", "", { title, location: { directory } });
      return stringOf(at(made, "data", "id"));
    },
    prompt: async (sessionID, text) => {
      await call("POST", `/${sessionID}/prompt`, { text });
    },
    rename: async (sessionID, title) => {
      await call("PATCH", `/${sessionID}`, { title });
    },
    setAside: async (sessionID) => {
      await call("POST", `/${sessionID}/view`, { idle: Date.now() });
    },
    remove: async (sessionID) => {
      await call("DELETE", `/${sessionID}`);
    },
    abort: async (sessionID) => {
      await call("POST", `/${sessionID}/interrupt`);
    },
    answer: () => {
      const [permissionID] = state.permissions.keys();
      const [form] = state.forms.values();
      if (permissionID !== undefined) turns.tools.decide(permissionID, "once");
      else if (form !== undefined) {
        const answers = form.fields.map((field) => [stringOf(field["key"]), "A"] as const);
        turns.tools.fill(form.id, Object.fromEntries(answers));
      }
      return Promise.resolve();
    },
    isQuiet: () => {
      const waiting = [...state.permissions.values(), ...state.forms.values()];
      const parentOf = (id: string): string | undefined => state.sessions.get(id)?.info.parentID;
      return Promise.resolve(isEachWaiting(turns.active(), waiting, parentOf));
    },
  };
}
