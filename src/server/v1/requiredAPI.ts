import type { APIRequirement } from "../compatibility.ts";

const SESSION = "/session/{}";

/** Fields of a session that are shown. */
const SESSION_FIELDS = ["id", "parentID", "projectID", "directory", "title", "time"];

/** What the adapter of OpenCode 1 uses. */
export const V1_REQUIRED_API: readonly APIRequirement[] = [
  {
    area: "Recognising the server",
    isRequired: true,
    operations: ["GET /global/health"],
    answer: ["healthy", "version"],
    probe: "/global/health",
  },
  {
    area: "Session list",
    isRequired: true,
    operations: ["GET /experimental/session", "GET /session"],
    answer: SESSION_FIELDS,
    probe: "/experimental/session?limit=1",
  },
  {
    area: "Totals of a session",
    operations: ["GET /experimental/session", "GET /session"],
    answer: ["cost", "tokens"],
  },
  { area: "Event stream", isRequired: true, operations: ["GET /global/event"] },
  {
    area: "Events: session details",
    events: ["session.created", "session.updated", "session.deleted"],
  },
  {
    area: "Events: session activity",
    events: ["session.status", "session.idle", "session.error", "todo.updated"],
  },
  {
    area: "Events: tokens and cost",
    events: [
      "message.updated",
      "message.removed",
      "message.part.updated",
      "message.part.removed",
      "message.part.delta",
    ],
  },
  { area: "Events: compaction", events: ["session.compacted"] },
  {
    area: "Events: requests",
    events: [
      "permission.asked",
      "permission.replied",
      "question.asked",
      "question.replied",
      "question.rejected",
    ],
  },
  {
    area: "One session",
    isRequired: true,
    operations: [`GET ${SESSION}`],
    answer: SESSION_FIELDS,
  },
  { area: "Running sessions", operations: ["GET /session/status"], probe: "/session/status" },
  { area: "Messages", operations: [`GET ${SESSION}/message`] },
  { area: "One message", operations: [`GET ${SESSION}/message/{}`] },
  { area: "To-do list", operations: [`GET ${SESSION}/todo`] },
  { area: "Files changed", operations: [`GET ${SESSION}/diff`] },
  {
    area: "Models and limits",
    operations: ["GET /config/providers"],
    answer: ["providers", "default"],
    probe: "/config/providers",
  },
  { area: "Configured model", operations: ["GET /config"], probe: "/config" },
  { area: "Agents", operations: ["GET /agent"], probe: "/agent" },
  { area: "Projects", operations: ["GET /project"], probe: "/project" },
  { area: "Commands", operations: ["GET /command"], probe: "/command" },
  { area: "New session", operations: ["POST /session"] },
  { area: "Prompt", operations: [`POST ${SESSION}/prompt_async`], body: ["parts"] },
  { area: "Run a command", operations: [`POST ${SESSION}/command`], body: ["command"] },
  { area: "Generate AGENTS.md", operations: [`POST ${SESSION}/init`], body: ["modelID"] },
  { area: "Compact", operations: [`POST ${SESSION}/summarize`], body: ["modelID"] },
  { area: "Stop", operations: [`POST ${SESSION}/abort`] },
  { area: "Rename and archive", operations: [`PATCH ${SESSION}`], body: ["title"] },
  { area: "Delete", operations: [`DELETE ${SESSION}`] },
  { area: "Fork", operations: [`POST ${SESSION}/fork`], body: ["messageID"] },
  { area: "Share", operations: [`POST ${SESSION}/share`] },
  { area: "Stop sharing", operations: [`DELETE ${SESSION}/share`] },
  { area: "Revert", operations: [`POST ${SESSION}/revert`], body: ["messageID"] },
  { area: "Undo a revert", operations: [`POST ${SESSION}/unrevert`] },
  { area: "Permission requests", operations: ["GET /permission"], probe: "/permission" },
  {
    area: "Answer a permission request",
    operations: ["POST /permission/{}/reply"],
    body: ["reply"],
  },
  { area: "Questions", operations: ["GET /question"], probe: "/question" },
  { area: "Answer a question", operations: ["POST /question/{}/reply"], body: ["answers"] },
  { area: "Dismiss a question", operations: ["POST /question/{}/reject"] },
  {
    area: "Follow in a running terminal",
    operations: ["POST /tui/select-session"],
    body: ["sessionID"],
  },
  { area: "Add tools for this run", operations: ["POST /mcp"], body: ["config"] },
  { area: "Remove tools", operations: ["POST /mcp/{}/disconnect"] },
];
