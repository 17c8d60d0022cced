import * as vscode from "vscode";
import * as z from "zod";
import { EXTENSION_ID } from "./ids.ts";

/** A text of the manifest: in another language than English VS Code keeps the original beside it (1.10x, observed). */
const TEXT = z.union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)]);

const MANIFEST = z.object({
  version: z.string(),
  contributes: z.object({ commands: z.array(z.object({ command: z.string(), title: TEXT })) }),
});

let known: z.infer<typeof MANIFEST> | undefined;

/** The manifest as VS Code has it: in its display language. */
function manifest(): z.infer<typeof MANIFEST> | undefined {
  return (known ??= MANIFEST.safeParse(
    vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON,
  ).data);
}

export function extensionVersion(): string {
  return manifest()?.version ?? "unknown";
}

/** What the palette calls a command, without the sign that it asks for more. */
export function commandTitle(id: string): string {
  const found = manifest()?.contributes.commands.find(({ command }) => command === id);
  return (found?.title ?? id).replace(/…$/, "");
}
