import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  listLinuxProcesses,
  parseCommandLine,
  parseListeningSockets,
  parseSocketLink,
} from "../../../src/sources/linuxProcesses.ts";
import { processURLs } from "../../../src/sources/localProcess.ts";

/** Recorded on Linux x64; inode 13864 belonged to `opencode serve --port 0`. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1000 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13864 1 00000000e796f036 100 0 0 10 0
   1: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1528 1 00000000c6a13e62 100 0 0 10 0
   2: 0100007F:1000 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 13999 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 20001 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 20002 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 20003 1 0000000000000000 100 0 0 10 0
   3: 000080FE00000000FF005450A3F2D0FE:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 20004 1 0000000000000000 100 0 0 10 0
`;

describe("OpenCode processes on Linux", () => {
  it("are found by listening sockets only", () => {
    assert.deepEqual(
      [...parseListeningSockets(`${TCP}\n${TCP6}`)],
      [
        ["13864", { address: "127.0.0.1", port: 4096 }],
        ["1528", { address: "0.0.0.0", port: 2024 }],
        ["20001", { address: "::", port: 8080 }],
        ["20002", { address: "::1", port: 8081 }],
        ["20003", { address: "::ffff:127.0.0.1", port: 8082 }],
        ["20004", { address: "fe80:0:0:0:5054:ff:fed0:f2a3", port: 8083 }],
      ],
    );
    assert.deepEqual([...parseListeningSockets("")], []);
    assert.deepEqual([...parseListeningSockets("   0: nonsense")], []);
  });

  it("keep arguments that contain spaces, contain quotes or are empty", () => {
    assert.deepEqual(parseCommandLine('/a b/opencode\0serve\0it\'s "x"\0\0'), [
      "/a b/opencode",
      "serve",
      'it\'s "x"',
      "",
    ]);
    assert.deepEqual(parseCommandLine(""), []);
    assert.equal(parseSocketLink("socket:[13864]"), "13864");
    assert.equal(parseSocketLink("pipe:[13864]"), undefined);
  });

  describe("a /proc scan", () => {
    let procDir: string;
    const signal = new AbortController().signal;

    beforeEach(() => {
      procDir = mkdtempSync(path.join(tmpdir(), "proc-"));
      mkdirSync(path.join(procDir, "net"));
      writeFileSync(path.join(procDir, "net/tcp"), TCP);
      writeFileSync(path.join(procDir, "net/tcp6"), TCP6);
    });
    afterEach(() => {
      rmSync(procDir, { recursive: true });
    });

    function addProcess(pid: number, words: readonly string[], inodes: readonly number[]): void {
      const folder = path.join(procDir, String(pid));
      mkdirSync(path.join(folder, "fd"), { recursive: true });
      writeFileSync(path.join(folder, "cmdline"), words.map((word) => `${word}\0`).join(""));
      symlinkSync("/home/dev/my proj", path.join(folder, "cwd"));
      for (const [index, inode] of [0, ...inodes].entries()) {
        const target = inode === 0 ? "/dev/null" : `socket:[${inode}]`;
        symlinkSync(target, path.join(folder, "fd", String(index)));
      }
    }

    async function list() {
      const listed = await listLinuxProcesses(signal, procDir);
      assert.ok(listed.ok);
      return listed.value;
    }

    it("finds the port of a server started without one", async () => {
      addProcess(7702, ["/x/bin/opencode", "serve", "--port", "0"], [999, 13864, 13999]);
      const [found] = await list();
      assert.equal(found?.pid, 7702);
      assert.equal(found.directory, "/home/dev/my proj");
      assert.deepEqual(processURLs(found), ["http://127.0.0.1:4096"]);
    });

    it("prefers the sockets to the command line", async () => {
      addProcess(1, ["opencode", "--hostname", "10.0.0.7", "--port", "5000"], [20001]);
      const [found] = await list();
      assert.deepEqual(processURLs(found!), ["http://127.0.0.1:8080"]);
    });

    it("gives no address for a terminal client that does not listen", async () => {
      addProcess(2, ["opencode"], [999]);
      const found = await list();
      assert.equal(found.length, 1);
      assert.deepEqual(processURLs(found[0]!), []);
    });

    it("ignores addresses on other interfaces", async () => {
      addProcess(3, ["opencode", "serve"], [20004]);
      assert.deepEqual(processURLs((await list())[0]!), []);
    });

    it("skips other programs, vanishing files and folders that are not processes", async () => {
      addProcess(4, ["vim", "opencode"], [13864]);
      addProcess(5, ["/usr/bin/grep", "opencode", "serve"], [13864]);
      mkdirSync(path.join(procDir, "6"));
      mkdirSync(path.join(procDir, "sys"));
      assert.deepEqual(await list(), []);
    });

    it("falls back to the command line if sockets cannot be read", async () => {
      addProcess(8, ["opencode", "serve", "--hostname", "0.0.0.0", "--port", "5009"], []);
      rmSync(path.join(procDir, "8/fd"), { recursive: true });
      assert.deepEqual(processURLs((await list())[0]!), ["http://127.0.0.1:5009"]);
    });

    it("returns an error if there is no /proc", async () => {
      const listed = await listLinuxProcesses(signal, path.join(procDir, "absent"));
      assert.equal(listed.ok, false);
    });
  });
});
