import type { PermissionRequest, QuestionRequest } from "../core/request.ts";
import { visibleText } from "./format.ts";
import { sidesOf } from "./patch.ts";
import { baseName } from "./paths.ts";
import { permissionDetails, questionDetails } from "./requestText.ts";

/** A request as an editor shows it. `name` is a file name, by which the editor knows the language. */
export type RequestDocument =
  | {
      readonly kind: "diff";
      readonly name: string;
      readonly title: string;
      readonly before: string;
      readonly after: string;
    }
  | { readonly kind: "text"; readonly name: string; readonly text: string };

/**
 * Makes the document of a request. The edit of one file becomes two texts; a patch of several files, or one
 * that cannot be read, is shown as it came, below the details.
 */
export function requestDocument(request: PermissionRequest | QuestionRequest): RequestDocument {
  if (request.kind === "question") {
    return { kind: "text", name: "Question.txt", text: `${questionDetails(request)}\n` };
  }
  const { diff, filePath, patterns } = request;
  const details = permissionDetails(request);
  if (diff === undefined) return { kind: "text", name: "Permission.txt", text: `${details}\n` };
  const sides = fileHeaders(diff) > 1 ? undefined : sidesOf(diff);
  if (sides === undefined) {
    return { kind: "text", name: "Permission.diff", text: `${details}\n\n${visibleText(diff)}\n` };
  }
  const path = filePath ?? patterns[0] ?? "";
  const name = baseName(path);
  return {
    kind: "diff",
    name: name === "" ? "Edit.txt" : name,
    title: `${patterns[0] ?? path} (asked for)`,
    before: sides.before ?? "",
    after: sides.after ?? "",
  };
}

/** How many files a patch speaks of. */
function fileHeaders(diff: string): number {
  return [...diff.matchAll(/^(?:Index: |diff --git )/gm)].length;
}
