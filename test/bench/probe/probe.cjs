/**
 * A benchmark-only extension: in the same extension host as ours, it records what the host is busy with, and
 * opens the webview that represents the minimum for a panel. It is queried over loopback, on BENCH_PROBE_PORT.
 */
const { createServer } = require("node:http");
const { Session } = require("node:inspector/promises");
const { Worker } = require("node:worker_threads");
const vscode = require("vscode");

const SAMPLE_US = 500;

/** One canvas, filled by a script: a chart without any data. */
const EMPTY_PAGE = `<!doctype html><body><div data-chart="empty"><canvas width="400" height="300"></canvas></div><script>
  const context = document.querySelector("canvas").getContext("2d");
  context.fillStyle = "#888";
  context.fillRect(0, 0, 400, 300);
</script></body>`;

/**
 * Reads the total time that the extension host's main thread has waited for a core, every two milliseconds,
 * in a separate thread. Answers each message with the readings since the last one, as [µs of the monotonic
 * clock, ns waited]. Only Linux provides this; elsewhere there are no readings.
 */
const WATCH_WAITING = `
  const { openSync, readSync } = require("node:fs");
  const { parentPort } = require("node:worker_threads");
  let file;
  try {
    file = openSync("/proc/self/task/" + process.pid + "/schedstat");
  } catch {}
  let readings = [];
  const buffer = Buffer.alloc(100);
  if (file !== undefined)
    setInterval(() => {
      const text = buffer.toString("latin1", 0, readSync(file, buffer, 0, 100, 0));
      readings.push([Number(process.hrtime.bigint() / 1000n), Number(text.split(" ")[1])]);
    }, 2);
  parentPort.on("message", () => {
    parentPort.postMessage(readings);
    readings = readings.slice(-1);
  });
`;

exports.activate = (context) => {
  const command = vscode.commands.registerCommand("benchProbe.openEmpty", () => {
    const panel = vscode.window.createWebviewPanel("benchProbe.empty", "Empty", 1, {
      enableScripts: true,
    });
    panel.webview.html = EMPTY_PAGE;
  });
  const button = vscode.window.createStatusBarItem(1, 1e9);
  button.text = "Open empty";
  button.command = "benchProbe.openEmpty";
  button.show();

  // Starts here, so that our extension's start is recorded too.
  const session = new Session();
  session.connect();
  const start = async () => {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
    await session.post("Profiler.start");
  };
  const waiting = new Worker(WATCH_WAITING, { eval: true });
  const waited = () =>
    new Promise((resolve) => {
      waiting.once("message", resolve);
      waiting.postMessage("");
    });
  // The event loop has turned at each of these: code before and after one belongs to different tasks.
  let turns = [];
  const turning = setInterval(() => turns.push(Number(process.hrtime.bigint() / 1000n)), 1);
  let recording = start();
  // Each answer contains what was recorded since the previous one.
  const server = createServer((_request, response) => {
    const before = recording;
    const lap = before.then(async () => (await session.post("Profiler.stop")).profile);
    recording = lap.then(() => session.post("Profiler.start"));
    Promise.all([lap, lap.then(waited)]).then(([profile, readings]) => {
      response.end(JSON.stringify({ profile, waited: readings, turns }));
      turns = [];
    });
  });
  server.listen(Number(process.env.BENCH_PROBE_PORT), "127.0.0.1");
  context.subscriptions.push(command, button, {
    dispose: () => {
      server.close();
      clearInterval(turning);
      void waiting.terminate();
    },
  });
};
