import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
  IN_CLUSTER_CONTEXT,
  kubeconfigFiles,
  loadKubeconfig,
} from "../../../../src/sources/kubernetes/kubeconfig.ts";

describe("the kubeconfig", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, server: string, context = "same"): string => {
    const file = join(folder, name);
    writeFileSync(
      file,
      `clusters: [{name: c, cluster: {server: "${server}", certificate-authority: ca.pem}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: ${context}, context: {cluster: c, user: u, namespace: team}}]
current-context: ${context}
`,
    );
    return file;
  };
  const load = (env: Record<string, string>, setting = "") =>
    loadKubeconfig({ setting, env, home: folder, serviceAccountDir: join(folder, "account") });

  it("comes from the setting, else from KUBECONFIG, else from the home folder", () => {
    const home = "/home/dev";
    const files = (setting: string, env: Record<string, string>): readonly string[] =>
      kubeconfigFiles({ setting, env, home });
    assert.deepEqual(files("~/my config", { KUBECONFIG: "/b" }), ["/home/dev/my config"]);
    assert.deepEqual(files("", { KUBECONFIG: `/a${delimiter}/b` }), ["/a", "/b"]);
    assert.deepEqual(files("", {}), ["/home/dev/.kube/config"]);
  });

  it("uses the first of several files that define a name, and says so", () => {
    const one = write("one", "https://one");
    const two = write("two", "https://two");
    const { contexts, problems } = load({ KUBECONFIG: `${one}${delimiter}${two}` });
    assert.deepEqual(contexts, [{ name: "same", server: "https://one", namespace: "team" }]);
    assert.deepEqual(problems, [
      "The context “same” is defined in several files; the first one is used.",
    ]);
  });

  it("names a file that is missing or unreadable, and continues with the others", () => {
    const good = write("good", "https://good", "good");
    writeFileSync(join(folder, "bad"), "clusters: [}");
    const setting = [join(folder, "gone"), join(folder, "bad"), good].join(delimiter);
    const { contexts, problems, configOf } = load({}, setting);
    assert.deepEqual(
      contexts.map(({ name }) => name),
      ["good"],
    );
    assert.match(problems[0]!, /gone does not exist/);
    assert.match(problems[1]!, /bad cannot be read/);
    assert.equal(configOf("nothing"), undefined);
    assert.equal(configOf("good")?.getCurrentCluster()?.caFile, join(folder, "ca.pem"));
    assert.deepEqual(load({}).contexts, [], "no kubeconfig is ordinary");
    assert.deepEqual(load({}).problems, []);
  });

  it("finds a login program next to it or on the path", () => {
    const commandOf = (command: string): unknown => {
      const file = write("login", "https://x", "login");
      const text = `users: [{name: u, user: {exec: {command: ${command}}}}]\n`;
      writeFileSync(
        file,
        `${text}clusters: [{name: c, cluster: {server: "https://x"}}]
contexts: [{name: login, context: {cluster: c, user: u}}]\n`,
      );
      const exec: unknown = load({}, file).configOf("login")?.getCurrentUser()?.exec;
      return (exec as { readonly command: string }).command;
    };
    assert.equal(commandOf("./bin/login"), join(folder, "bin/login"));
    assert.equal(commandOf("aws"), "aws");
    assert.equal(commandOf("/opt/login"), "/opt/login");
  });

  it("has the service account's context inside a pod", () => {
    mkdirSync(join(folder, "account"), { recursive: true });
    writeFileSync(join(folder, "account/token"), "secret");
    const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
    assert.deepEqual(load(env).contexts, [
      { name: IN_CLUSTER_CONTEXT, server: "https://10.0.0.1:443", namespace: undefined },
    ]);
    assert.ok(load(env).configOf(IN_CLUSTER_CONTEXT) !== undefined);
    assert.deepEqual(load({}).contexts, []);
  });
});
