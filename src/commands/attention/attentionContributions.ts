import { type CommandRow, command, inTitle, onRow } from "../contribution.ts";

/** The commands about items waiting for the user. */
export const ATTENTION_COMMANDS = [
  command("answerRequest", () => import("./answerRequest.ts"), {
    title: "Answer Request",
    help: "Opens the permission or question that waits for you, on any server.",
    icon: "reply",
    palette: "opencodeSessions.needsAttention",
    menus: [
      onRow("asks", "inline@1", "attention"),
      onRow("asks", "1_attention@1", "attention"),
      onRow("session waiting", "inline@1"),
      onRow("session waiting", "1_talk@0"),
    ],
  }),
  command("nextAttention", () => import("./attentionSteps.ts"), {
    title: "Next Item That Needs Attention",
    icon: "arrow-down",
    palette: "opencodeSessions.needsAttention",
    menus: [inTitle("attention", "navigation@2", "opencodeSessions.needsAttention")],
    keys: [
      { key: "ctrl+alt+shift+n", mac: "cmd+alt+shift+n", when: "opencodeSessions.needsAttention" },
    ],
  }),
  command("previousAttention", () => import("./attentionSteps.ts"), {
    title: "Previous Item That Needs Attention",
    icon: "arrow-up",
    palette: "opencodeSessions.needsAttention",
    menus: [inTitle("attention", "navigation@1", "opencodeSessions.needsAttention")],
    keys: [
      { key: "ctrl+alt+shift+p", mac: "cmd+alt+shift+p", when: "opencodeSessions.needsAttention" },
    ],
  }),
  command("dismissAttention", () => import("./attentionSteps.ts"), {
    title: "Dismiss Item",
    icon: "close",
    palette: false,
    menus: [onRow("news", "inline@1", "attention"), onRow("news", "1_attention@1", "attention")],
    keys: [
      {
        key: "delete",
        mac: "cmd+backspace",
        when: "focusedView == opencodeSessions.attention && listFocus && !inputFocus",
        args: { from: "selection" },
      },
    ],
  }),
  command("dismissAllAttention", () => import("./attentionSteps.ts"), {
    title: "Dismiss Finished and Failed Items",
    icon: "clear-all",
    palette: "opencodeSessions.hasDismissable",
    menus: [inTitle("attention", "navigation@3", "opencodeSessions.hasDismissable")],
  }),
] as const satisfies readonly CommandRow[];
