import type { ScriptToolCall } from "../scriptLanguage.ts";
import { arrayOf, at, isRecord, stringOf } from "../../json.ts";
import type {
  DoubleMessage,
  DoubleState,
  DoubleTool,
  PendingForm,
  PendingPermission,
  SessionRecord,
} from "./doubleState.ts";
import type { EventHub } from "./eventHub.ts";
import { newID } from "./ids.ts";

type Assistant = Extract<DoubleMessage, { type: "assistant" }>;
type Answer = Readonly<Record<string, unknown>>;
/** Prompts a session and resolves when it is idle again; the signal stops it. */
type Ask = (record: SessionRecord, text: string, signal: AbortSignal) => Promise<void>;

/** The scripts use OpenCode 1's tool names; these have since been renamed. */
const NAMES: Readonly<Record<string, string>> = { bash: "shell", task: "subagent" };

/** Runs tool calls: permissions, questions as forms, and sub-sessions. Doesn't touch files or run commands. */
export class Tools {
  private readonly state: DoubleState;
  private readonly hub: EventHub;
  private readonly permission: Readonly<Record<string, "ask" | "allow">>;
  private readonly ask: Ask;
  private readonly decisions = new Map<string, (decision: string) => void>();
  private readonly answers = new Map<string, (answer: Answer | undefined) => void>();

  constructor(
    state: DoubleState,
    hub: EventHub,
    permission: Readonly<Record<string, "ask" | "allow">>,
    ask: Ask,
  ) {
    this.state = state;
    this.hub = hub;
    this.permission = permission;
    this.ask = ask;
  }

  /** Answers a permission request; false if it is gone. */
  decide(requestID: string, decision: string): boolean {
    const decided = this.decisions.get(requestID);
    decided?.(decision);
    return decided !== undefined;
  }

  /** Answers a form, or cancels it without an answer; false if it is gone. */
  fill(formID: string, answer: Answer | undefined): boolean {
    const filled = this.answers.get(formID);
    filled?.(answer);
    return filled !== undefined;
  }

  async run(
    record: SessionRecord,
    message: Assistant,
    call: ScriptToolCall,
    signal: AbortSignal,
  ): Promise<void> {
    const tool: DoubleTool = {
      type: "tool",
      id: `call_${newID("prt").slice(4)}`,
      name: NAMES[call.name] ?? call.name,
      state: { status: "streaming", input: {}, content: [], metadata: {} },
      time: { created: Date.now() },
    };
    message.content.push(tool);
    const inTool = { assistantMessageID: message.id, id: tool.id };
    const say = (type: string, data: Answer): void => {
      this.hub.say(record, `session.tool.${type}`, { ...inTool, ...data });
    };
    say("input.started", { name: tool.name });
    say("input.delta", { delta: JSON.stringify(call.input) });
    say("input.ended", {});
    tool.state.input = call.input;
    tool.state.status = "running";
    say("called", { input: call.input });
    try {
      const output = await this.perform(record, message, tool, call, signal, say);
      tool.state.status = "completed";
      tool.state.content = [{ type: "text", text: output }];
      tool.time.completed = Date.now();
      say("success", { content: tool.state.content, metadata: tool.state.metadata });
    } catch (caught) {
      const error = {
        type: signal.aborted ? "aborted" : "tool",
        message: caught instanceof Error ? caught.message : String(caught),
      };
      tool.state.status = "error";
      tool.state.error = error;
      tool.time.completed = Date.now();
      say("failed", { error });
      if (signal.aborted) throw caught;
    }
  }

  private async perform(
    record: SessionRecord,
    message: Assistant,
    tool: DoubleTool,
    call: ScriptToolCall,
    signal: AbortSignal,
    say: (type: string, data: Answer) => void,
  ): Promise<string> {
    switch (call.name) {
      case "task":
        return this.child(record, tool, call, signal, say);
      case "question":
        return this.question(record, fieldsOfQuestions(call.input), signal);
      case "form":
        return this.question(record, arrayOf(call.input["fields"]).filter(isRecord), signal);
      default: {
        const action = call.name === "write" ? "edit" : tool.name;
        const resource = stringOf(call.input["command"]) || stringOf(call.input["filePath"]);
        await this.requirePermission(record, message, tool, action, resource, signal);
        return `${tool.name}: ${resource}\n`;
      }
    }
  }

  /** Asks for permission if the settings require it. */
  private async requirePermission(
    record: SessionRecord,
    message: Assistant,
    tool: DoubleTool,
    action: string,
    resource: string,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.permission[action] !== "ask" || this.state.saved.has(action)) return;
    const sessionID = record.info.id;
    const request: PendingPermission = {
      id: newID("per"),
      sessionID,
      action,
      resources: [resource],
      save: [`${resource.split(" ")[0] ?? ""} *`],
      metadata: {},
      source: { type: "tool", messageID: message.id, id: tool.id },
    };
    this.state.permissions.set(request.id, request);
    this.hub.publish("permission.asked", { ...request }, record.info.location.directory);
    const decision = await waitFor(this.decisions, request.id, signal);
    this.state.permissions.delete(request.id);
    const reply = decision ?? "reject";
    this.hub.publish("permission.replied", { sessionID, requestID: request.id, reply });
    if (reply === "always") this.state.saved.add(action);
    if (reply === "reject") throw new Error("The user rejected this");
  }

  private async question(
    record: SessionRecord,
    fields: PendingForm["fields"],
    signal: AbortSignal,
  ): Promise<string> {
    const sessionID = record.info.id;
    const form: PendingForm = { id: newID("frm"), sessionID, title: "Questions", fields };
    this.state.forms.set(form.id, form);
    this.hub.publish("form.created", { form }, record.info.location.directory);
    const answer = await waitFor(this.answers, form.id, signal);
    this.state.forms.delete(form.id);
    const type = answer === undefined ? "form.cancelled" : "form.replied";
    this.hub.publish(type, { sessionID, id: form.id });
    if (answer === undefined) throw new Error("The user cancelled the form");
    return JSON.stringify(answer);
  }

  private async child(
    record: SessionRecord,
    tool: DoubleTool,
    call: ScriptToolCall,
    signal: AbortSignal,
    say: (type: string, data: Answer) => void,
  ): Promise<string> {
    const { info } = record;
    const title = stringOf(call.input["description"]);
    const child = this.state.add({
      parentID: info.id,
      title,
      agent: stringOf(call.input["subagent_type"]),
      model: info.model,
      directory: info.location.directory,
    });
    const { id, projectID, agent, model, location } = child.info;
    const parentID = info.id;
    this.hub.say(child, "session.created", { projectID, parentID, title, agent, model, location });
    tool.state.metadata = { sessionID: id };
    say("progress", { metadata: tool.state.metadata });
    await this.ask(child, stringOf(call.input["prompt"]), signal);
    signal.throwIfAborted();
    return `<task id="${id}" state="completed"></task>`;
  }
}

/** Waits for the answer with this key. Undefined answers and the signal also end the wait. */
async function waitFor<T>(
  waiting: Map<string, (value: T) => void>,
  key: string,
  signal: AbortSignal,
): Promise<T | undefined> {
  const answer = await new Promise<T | undefined>((resolve) => {
    waiting.set(key, resolve);
    signal.addEventListener("abort", () => {
      resolve(undefined);
    });
  });
  waiting.delete(key);
  return answer;
}

/** Converts a script's questions to form fields. */
function fieldsOfQuestions(input: Answer): PendingForm["fields"] {
  return arrayOf(input["questions"]).map((question, index) => ({
    key: `q${String(index + 1)}`,
    type: at(question, "multiple") === true ? "multiselect" : "string",
    title: stringOf(at(question, "header")),
    description: stringOf(at(question, "question")),
    options: arrayOf(at(question, "options")).map((option) => ({
      value: stringOf(at(option, "label")),
      label: stringOf(at(option, "label")),
      description: stringOf(at(option, "description")),
    })),
    custom: true,
    required: true,
  }));
}
