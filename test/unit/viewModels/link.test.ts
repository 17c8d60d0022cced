import assert from "node:assert/strict";

import { linkTarget } from "../../../src/viewModels/conversation/link.ts";

describe("a link in a conversation", () => {
  it("leads to the web", () => {
    assert.deepEqual(linkTarget("https://example.com/a b?c#d", undefined), {
      kind: "web",
      url: "https://example.com/a%20b?c#d",
    });
  });

  it("leads to a file below the session's directory, and to a line of it", () => {
    const cases: readonly (readonly [href: string, path: string, line: number | undefined])[] = [
      ["src/a.ts", "/code/app/src/a.ts", undefined],
      ["./src/a.ts:12", "/code/app/src/a.ts", 12],
      ["src/a.ts:12:4", "/code/app/src/a.ts", 12],
      ["src/a.ts#L7", "/code/app/src/a.ts", 7],
      ["src/a.ts#L7-L9", "/code/app/src/a.ts", 7],
      ["/code/app/src/a.ts:0", "/code/app/src/a.ts", 1],
    ];
    for (const [href, path, line] of cases) {
      assert.deepEqual(linkTarget(href, "/code/app"), { kind: "file", path, line }, href);
    }
    assert.deepEqual(linkTarget("src\\a.ts", "C:\\code\\app\\"), {
      kind: "file",
      path: "C:/code/app/src/a.ts",
      line: undefined,
    });
  });

  it("leads nowhere else", () => {
    const refused = [
      ...[
        "command:workbench.action.quit",
        "javascript:alert(1)",
        "vscode://a/b",
        "file:///etc/passwd",
      ],
      ...["data:text/html,x", "/etc/passwd", "../secret", "src/../../secret", "a\\..\\..\\b", ""],
      ...["//host/share", "\\\\host\\share", "https://", "mailto:a@b"],
    ];
    for (const href of refused) assert.equal(linkTarget(href, "/code/app"), undefined, href);
    assert.equal(linkTarget("src/a.ts", undefined), undefined);
  });
});
