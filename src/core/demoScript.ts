/** The demo model's script: the sessions it starts with, and its answer to any other prompt. */

/** One model response: text or a tool call. `contextTokens` is the prompt size the model reports. */
export interface DemoStep {
  readonly contextTokens: number;
  readonly text?: string;
  readonly tool?: { readonly name: string; readonly input: Readonly<Record<string, unknown>> };
}

/** A demo session. Its steps answer its prompt in order. */
export interface DemoStory {
  readonly title: string;
  readonly prompt: string;
  readonly steps: readonly DemoStep[];
}

const MEASURE = "Measure how long each step of the checkout takes.";

/** The sessions the demo starts with: one is nearly full, one writes a file, one has a sub-session, one waits. */
export const DEMO_STORIES: readonly DemoStory[] = [
  {
    title: "Prepare the search index",
    prompt: "Read all product pages and prepare a search index for them.",
    steps: [
      {
        contextTokens: 168_000,
        text: "I have read all 412 product pages. The index needs titles, categories and the first paragraph of each; reviews would triple its size for little gain. This conversation has filled most of the model's context window, so compact it before going on: right-click the session and choose Compact Session.",
      },
    ],
  },
  {
    title: "Add discount codes",
    prompt: "Add discount codes to the cart.",
    steps: [
      {
        contextTokens: 21_000,
        tool: {
          name: "write",
          input: {
            filePath: "src/discount.ts",
            content:
              "export function discounted(total: number, percent: number): number {\n  return total * (1 - percent / 100);\n}\n",
          },
        },
      },
      {
        contextTokens: 24_000,
        text: "Discount codes are in place: src/discount.ts takes a percentage off the total. Codes that are unknown or expired leave the total as it is.",
      },
    ],
  },
  {
    title: "Find out why checkout is slow",
    prompt: "Find out why the checkout is slow. Have another agent measure it.",
    steps: [
      {
        contextTokens: 18_000,
        tool: {
          name: "task",
          input: { description: "Measure the checkout", prompt: MEASURE, subagent_type: "general" },
        },
      },
      {
        contextTokens: 26_000,
        text: "The payment provider is asked twice for each order: once for the price and once more to confirm it. Asking once saves 800 ms of 1.1 s.",
      },
    ],
  },
  {
    title: "Publish the release notes",
    prompt: "Publish the release notes.",
    steps: [
      {
        contextTokens: 15_000,
        tool: {
          name: "bash",
          input: { command: "echo Release notes published", description: "Publish the notes" },
        },
      },
      { contextTokens: 16_000, text: "Done: the release notes are out." },
    ],
  },
];

const SUB_AGENT: DemoStory = {
  title: "Measure the checkout",
  prompt: MEASURE,
  steps: [
    {
      contextTokens: 34_000,
      text: "Cart 40 ms, address 90 ms, payment 960 ms, confirmation 30 ms. Payment sends two requests one after the other.",
    },
  ],
};

/** The answer to OpenCode's summary request, which quotes the whole conversation and so must not match a story. */
const SUMMARY: DemoStep = {
  contextTokens: 12_000,
  text: "## Goal\n\nShow what OpenCode Sessions does with sessions of every kind.\n\n## Done so far\n\n- The task was answered as the demo's script says.\n\n## Next steps\n\n- Send another prompt, and see how small the context is now.",
};

/** Picks the answer from the system prompt, the last prompt, and the number of tool results since that prompt. */
export function demoStep(system: string, prompt: string, toolAnswers: number): DemoStep {
  if (system.startsWith("You are a context summarization agent")) return SUMMARY;
  const story = [...DEMO_STORIES, SUB_AGENT].find((each) => prompt.includes(each.prompt));
  if (story !== undefined) {
    const step = story.steps[Math.min(toolAnswers, story.steps.length - 1)];
    if (step !== undefined) return step;
  }
  return {
    contextTokens: 8_000,
    text: "This is the demo's scripted model. It gives the same answer to every prompt of yours, costs nothing and sends nothing anywhere. Stop it with “OpenCode: Stop Demo”.",
  };
}
