import assert from "node:assert/strict";
import { processURLs } from "../../../src/sources/localProcess.ts";
import { joinProcesses, parseLsof, parsePs } from "../../../src/sources/macProcesses.ts";

const PS = `  412 /sbin/launchd
  901 /opt/homebrew/bin/opencode serve
  902 opencode
  903 opencode --port 16500
  904 /Applications/My Tools/bin/opencode serve --hostname 0.0.0.0 --port 5001
  905 vim opencode
  906 /usr/bin/tail -f opencode serve
  907 /usr/bin/vim /Users/ann/opencode serve --port 5002
  908 grep opencode serve --port 5003
  909 /Applications/OpenCode.app/Contents/MacOS/OpenCode Helper --type=renderer
  910 /Users/ann/opencode/run.sh serve --port 5004
  911 /Users/ann/.opencode/bin/opencode attach http://127.0.0.1:4096 -s ses_1 --dir /Users/ann/My Proj
`;
const LISTENERS = `p901
f18
n127.0.0.1:4096
f19
n[::1]:4097
p904
f20
n*:5001
p913
f9
n*:7777
`;
const DIRECTORIES = `p901
fcwd
n/Users/ann/My Proj
p902
fcwd
n/Users/ann
`;

describe("OpenCode processes on macOS", () => {
  it("are picked out of ps output, even with spaces in the path", () => {
    assert.deepEqual([...parsePs(PS).keys()], [901, 902, 903, 904, 911]);
  });

  it("combine command lines, ports and directories", () => {
    const found = joinProcesses(parsePs(PS), LISTENERS, DIRECTORIES);
    assert.deepEqual(
      found.map((process) => [process.pid, process.directory, processURLs(process)]),
      [
        [901, "/Users/ann/My Proj", ["http://127.0.0.1:4096", "http://[::1]:4097"]],
        [902, "/Users/ann", []],
        [903, undefined, ["http://127.0.0.1:16500"]],
        [904, undefined, ["http://127.0.0.1:5001"]],
        [911, undefined, []],
      ],
    );
  });

  it("have their explicit ports even without lsof", () => {
    const found = joinProcesses(parsePs(PS), "", "");
    assert.deepEqual(found.flatMap(processURLs), [
      "http://127.0.0.1:16500",
      "http://127.0.0.1:5001",
    ]);
  });

  it("are read from lsof's fields (recorded on Linux, where the output is the same)", () => {
    const recorded = "p7702\nf18\nn127.0.0.1:4096\n";
    assert.deepEqual([...parseLsof(recorded)], [[7702, ["127.0.0.1:4096"]]]);
    assert.deepEqual([...parseLsof("lsof: status error on 12: No such file\n")], []);
    assert.deepEqual([...parseLsof("norphan\n")], []);
  });

  it("are none if the output is empty or odd", () => {
    assert.deepEqual([...parsePs("")], []);
    assert.deepEqual([...parsePs("no number opencode serve\n 12\n")], []);
  });
});
