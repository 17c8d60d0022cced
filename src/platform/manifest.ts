import * as vscode from "vscode";
import * as z from "zod";
import { EXTENSION_ID } from "./ids.ts";

/** A text in the manifest. Unless the language is English, VS Code stores it with the original (1.10x, observed). */
const TEXT = z.union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)]);

const MANIFEST = z.object({
  version: z.string(),
  contributes: z.object({ commands: z.array(z.object({ command: z.string(), title: TEXT })) }),
});

let known: z.infer<typeof MANIFEST> | undefined;

/** The manifest as VS Code provides it: in the display language. */
function manifest(): z.infer<typeof MANIFEST> | undefined {
  return (known ??= MANIFEST.safeParse(
    vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON,
  ).data);
}

export function extensionVersion(): string {
  return manifest()?.version ?? "unknown";
}

/** A command's title in the palette, without a trailing `…`. */
export function commandTitle(id: string): string {
  const found = manifest()?.contributes.commands.find(({ command }) => command === id);
  return (found?.title ?? id).replace(/…$/, "");
}
