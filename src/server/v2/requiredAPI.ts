import type { APIRequirement } from "../compatibility.ts";

const SESSION = "/api/session/{}";

/** Fields of a session that are shown. */
const SESSION_FIELDS = [
  "id",
  "parentID",
  "projectID",
  "agent",
  "model",
  "cost",
  "tokens",
  "time",
  "title",
  "location",
];

/** What the adapter of OpenCode 2 uses, the newest form of each first. */
export const V2_REQUIRED_API: readonly APIRequirement[] = [
  {
    area: "Recognising the server",
    isRequired: true,
    operations: ["GET /api/info"],
    answer: ["version", "pid"],
    probe: "/api/info",
  },
  {
    area: "Session list",
    isRequired: true,
    operations: ["GET /api/session"],
    answer: SESSION_FIELDS,
    probe: "/api/session?limit=1",
  },
  { area: "Event stream", isRequired: true, operations: ["GET /api/event"] },
  {
    area: "Events: session details",
    events: [
      "session.created",
      "session.deleted",
      "session.renamed",
      "session.moved",
      "session.forked",
      "session.viewed",
      "session.agent.selected",
      "session.model.selected",
    ],
  },
  {
    area: "Events: session activity",
    events: [
      "session.execution.started",
      "session.execution.succeeded",
      "session.execution.failed",
      "session.execution.interrupted",
      "session.retry.scheduled",
      "session.tool.input.started",
      "session.tool.called",
      "session.tool.progress",
      "session.tool.success",
      "session.tool.failed",
    ],
  },
  {
    area: "Events: tokens and cost",
    events: [
      "session.usage.updated",
      "session.step.started",
      "session.step.ended",
      "session.step.failed",
      "session.text.delta",
      "session.reasoning.delta",
      "session.tool.input.delta",
    ],
  },
  {
    area: "Events: compaction",
    events: ["session.compaction.started", "session.compaction.ended", "session.compaction.failed"],
  },
  {
    area: "Events: queue",
    events: ["session.inbox.enqueued", "session.inbox.delivered", "session.inbox.cancelled"],
  },
  {
    area: "Events: revert",
    events: ["session.revert.staged", "session.revert.cleared", "session.revert.committed"],
  },
  {
    area: "Events: requests",
    events: [
      "permission.asked",
      "permission.replied",
      "form.created",
      "form.replied",
      "form.cancelled",
    ],
  },
  {
    area: "One session",
    isRequired: true,
    operations: [`GET ${SESSION}`],
    answer: SESSION_FIELDS,
  },
  {
    area: "Running sessions",
    operations: ["GET /api/session/active"],
    probe: "/api/session/active",
  },
  { area: "Messages", operations: [`GET ${SESSION}/message`] },
  { area: "One message", operations: [`GET ${SESSION}/message/{}`] },
  { area: "Queued prompts", operations: [`GET ${SESSION}/inbox`] },
  { area: "Tracking unread sessions", operations: [`POST ${SESSION}/view`], body: ["idle"] },
  {
    area: "Filling gaps in the stream",
    operations: ["GET /api/experimental/session/{}/log", `GET ${SESSION}/log`],
  },
  {
    area: "Statistics",
    operations: ["GET /api/experimental/session/stats", "GET /api/session/stats"],
  },
  { area: "Files changed", operations: [`GET ${SESSION}/diff`] },
  { area: "Models and limits", operations: ["GET /api/model"], probe: "/api/model" },
  { area: "Default model", operations: ["GET /api/model/default"], probe: "/api/model/default" },
  { area: "Agents", operations: ["GET /api/agent"], probe: "/api/agent" },
  { area: "Projects", operations: ["GET /api/project"], probe: "/api/project" },
  { area: "Commands", operations: ["GET /api/command"], probe: "/api/command" },
  { area: "New session", operations: ["POST /api/session"] },
  { area: "Prompt", operations: [`POST ${SESSION}/prompt`], body: ["text", "prompt"] },
  { area: "Agent of a session", operations: [`POST ${SESSION}/agent`], body: ["agent"] },
  { area: "Model of a session", operations: [`POST ${SESSION}/model`], body: ["model"] },
  { area: "Run a command", operations: [`POST ${SESSION}/command`], body: ["name"] },
  { area: "Compact", operations: [`POST ${SESSION}/compact`] },
  { area: "Stop", operations: [`POST ${SESSION}/interrupt`] },
  { area: "Rename", operations: [`PATCH ${SESSION}`, `POST ${SESSION}/rename`], body: ["title"] },
  { area: "Delete", operations: [`DELETE ${SESSION}`] },
  {
    area: "Fork",
    operations: [`POST ${SESSION}/fork`],
    body: ["before", "boundary", "messageID"],
  },
  { area: "Revert", operations: [`POST ${SESSION}/revert/stage`], body: ["messageID"] },
  {
    area: "Undo a revert",
    operations: [`DELETE ${SESSION}/revert`, `POST ${SESSION}/revert/clear`],
  },
  { area: "Permission requests", operations: [`GET ${SESSION}/permission`] },
  {
    area: "Answer a permission request",
    operations: [`POST ${SESSION}/permission/{}/reply`],
    body: ["decision", "reply"],
  },
  { area: "Forms", operations: [`GET ${SESSION}/form`] },
  { area: "Answer a form", operations: [`POST ${SESSION}/form/{}/reply`], body: ["answer"] },
  {
    area: "Dismiss a form",
    operations: [`DELETE ${SESSION}/form/{}`, `POST ${SESSION}/form/{}/cancel`],
  },
  {
    area: "Add tools for this run",
    operations: ["PUT /api/experimental/mcp/{}", "PUT /api/mcp/{}"],
    body: ["config"],
  },
  {
    area: "Remove tools",
    operations: ["DELETE /api/experimental/mcp/{}", "DELETE /api/mcp/{}"],
  },
];
