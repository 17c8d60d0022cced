import type { SettingRow } from "./settingRow.ts";

/** The settings for usage, budgets and clusters. */
export const USAGE_SETTINGS = {
  "usage.prices": {
    group: "usage",
    description:
      'Your own model prices in US dollars per million tokens, for example `{ "provider/model": { "input": 3, "output": 15 } }`. They override the prices in the servers\' catalogues and are used to estimate costs where a server recorded tokens but no cost.',
    scope: "application",
    default: {},
    schema: {
      type: "object",
      additionalProperties: {
        type: "object",
        required: ["input", "output"],
        additionalProperties: false,
        properties: {
          input: {
            type: "number",
            minimum: 0,
            description: "US dollars per million input tokens.",
          },
          output: {
            type: "number",
            minimum: 0,
            description: "US dollars per million output and reasoning tokens.",
          },
          cacheRead: {
            type: "number",
            minimum: 0,
            description:
              "US dollars per million tokens read from a cache. Defaults to the input price.",
          },
          cacheWrite: {
            type: "number",
            minimum: 0,
            description:
              "US dollars per million tokens written to a cache. Defaults to the input price.",
          },
        },
      },
    },
  },
  "usage.currency": {
    group: "usage",
    description:
      "Currency in which to show money in this window, as a three-letter code. Amounts are stored and added up in US dollars, so `#opencodeSessions.usage.currencyRate#` must be set as well. Exports, agents and the command line keep US dollars.",
    scope: "application",
    default: "USD",
    schema: {
      type: "string",
      pattern: "^([A-Z]{3})?$",
      patternErrorMessage: "Enter three capital letters, such as EUR.",
    },
  },
  "usage.currencyRate": {
    group: "usage",
    description: "How many units of `#opencodeSessions.usage.currency#` one US dollar buys.",
    scope: "application",
    default: null,
    schema: { type: ["number", "null"], exclusiveMinimum: 0 },
  },
  "budgets.limits": {
    group: "usage",
    description:
      'Budgets, each as `{ "period", "usd" or "tokens", "project"?, "server"? }`. You are warned once at 80%, and asked at 100% whether to stop what is running. The cost of a step is only known when it ends, so running steps can exceed a limit.',
    scope: "machine",
    default: [],
    schema: {
      type: "array",
      items: {
        type: "object",
        required: ["period"],
        additionalProperties: false,
        properties: {
          period: {
            type: "string",
            enum: ["hourly", "daily", "weekly", "monthly", "session"],
            description: "Period the limit applies to.",
            enumDescriptions: [
              "Each hour.",
              "Each day.",
              "Each week, starting on Monday.",
              "Each month.",
              "The whole of each session, including its sub-sessions.",
            ],
          },
          usd: { type: "number", exclusiveMinimum: 0, description: "Limit in US dollars." },
          tokens: {
            type: "number",
            exclusiveMinimum: 0,
            description: "Limit in billed tokens, all kinds added up.",
          },
          project: {
            type: "string",
            description: "Project to limit, by folder, name or ID. Defaults to all projects.",
          },
          server: {
            type: "string",
            description:
              "Server to limit, by name or address. Servers that share a database count as one. Defaults to all servers.",
          },
        },
        defaultSnippets: [
          { label: "a day", body: { period: "daily", usd: "^${1:10}" } },
          {
            label: "a session with its sub-sessions",
            body: { period: "session", usd: "^${1:2}" },
          },
        ],
      },
    },
  },
  "budgets.counts": {
    group: "usage",
    description: "Which costs count toward budgets in US dollars.",
    scope: "machine",
    default: "estimated",
    schema: {
      type: "string",
      enum: ["estimated", "recorded"],
      enumDescriptions: [
        "Recorded costs, and estimates from list prices where a server recorded none, as with a subscription.",
        "Only costs that servers recorded.",
      ],
    },
  },
  "budgets.stopAutomatically": {
    group: "usage",
    description: "When a budget is reached, stop what is running without asking.",
    scope: "machine",
    default: false,
    schema: { type: "boolean" },
  },
  "kubernetes.clusters": {
    group: "kubernetes",
    description:
      "Kubernetes namespaces whose KubeOpenCode agents and tasks to show. No other namespace is contacted. The command **OpenCode: Add Kubernetes Cluster…** adds to this list.",
    scope: "machine",
    isRestricted: true,
    default: [],
    schema: {
      type: "array",
      items: {
        type: "object",
        required: ["context", "namespaces"],
        additionalProperties: false,
        properties: {
          context: {
            type: "string",
            description:
              "Name of a context in your kubeconfig, or `in-cluster` for the service account of the pod that VS Code runs in.",
          },
          namespaces: {
            type: "array",
            minItems: 1,
            uniqueItems: true,
            items: {
              type: "string",
              pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
              patternErrorMessage:
                "Enter the name of a namespace: lowercase letters, digits and hyphens.",
            },
            description: "Namespaces to show.",
          },
        },
      },
    },
  },
  "kubernetes.kubeconfig": {
    group: "kubernetes",
    description:
      "Path of the kubeconfig file. Separate several as in the `KUBECONFIG` environment variable. When empty, `KUBECONFIG` is used, or else `~/.kube/config`.",
    scope: "machine",
    isRestricted: true,
    default: "",
    schema: { type: "string" },
  },
} as const satisfies Readonly<Record<string, SettingRow>>;
