import { t } from "../../core/language.ts";
import { existsSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { Context, User } from "@kubernetes/client-node/dist/config_types.js";

import type { ClusterContext } from "./clusterGateway.ts";
import { KubeConfig } from "./kubernetesClient.ts";
import { fieldsOf } from "./values.ts";

/** The context of VS Code's own service account, when VS Code runs in a pod. */
export const IN_CLUSTER_CONTEXT = "in-cluster";

/** Where to look for the kubeconfig. */
export interface KubeconfigPlaces {
  /** The setting: one file, or several as in KUBECONFIG; empty if unset. */
  readonly setting: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Where a pod's service account is mounted; for tests. */
  readonly serviceAccountDir?: string;
}

export interface LoadedKubeconfig {
  readonly contexts: readonly ClusterContext[];
  /** The parts of the files that could not be used, in words. */
  readonly problems: readonly string[];
  /** Access through one context; undefined if the context, its cluster or its user is missing. */
  readonly configOf: (context: string) => KubeConfig | undefined;
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The files to read, in kubectl's order: the setting, else KUBECONFIG, else `~/.kube/config`. */
export function kubeconfigFiles({ setting, env, home }: KubeconfigPlaces): readonly string[] {
  const list = setting.trim() === "" ? (env["KUBECONFIG"] ?? "") : setting;
  const files = list
    .split(delimiter)
    .map((file) => file.trim().replace(/^~(?=[\\/])/, home))
    .filter((file) => file !== "");
  return files.length > 0 ? files : [join(home, ".kube", "config")];
}

/**
 * Reads the kubeconfig; contacts nothing and starts nothing. If several files define a name, the first wins,
 * as for kubectl. Total: anything unreadable is reported in `problems`.
 */
export function loadKubeconfig(places: KubeconfigPlaces): LoadedKubeconfig {
  const problems: string[] = [];
  const merged = new KubeConfig();
  merged.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: "" });
  const files = kubeconfigFiles(places);
  for (const file of files) {
    if (!existsSync(file)) {
      if (places.setting !== "") problems.push(t`The kubeconfig ${file} does not exist.`);
      continue;
    }
    const config = new KubeConfig();
    try {
      config.loadFromFile(file, { onInvalidEntry: "filter" });
    } catch {
      problems.push(t`The kubeconfig ${file} cannot be read: it is not a valid YAML kubeconfig.`);
      continue;
    }
    for (const cluster of config.clusters) {
      if (!has(merged.clusters, cluster.name)) merged.addCluster(cluster);
    }
    for (const user of config.users) {
      if (!has(merged.users, user.name)) merged.addUser(withProgramBeside(user, dirname(file)));
    }
    for (const context of config.contexts) {
      if (!has(merged.contexts, context.name)) merged.addContext(context);
      else {
        problems.push(
          t`The context “${context.name}” is defined in several files; the first one is used.`,
        );
      }
    }
  }
  const inCluster = inClusterConfig(places);
  const contexts = merged.contexts.flatMap((context) => contextOf(merged, context) ?? []);
  const own = inCluster?.contexts[0];
  if (inCluster !== undefined && own !== undefined && !has(contexts, IN_CLUSTER_CONTEXT)) {
    contexts.push({ ...(contextOf(inCluster, own) ?? EMPTY), name: IN_CLUSTER_CONTEXT });
  }
  return {
    contexts,
    problems,
    configOf: (name) => {
      const context = merged.contexts.find((each) => each.name === name);
      if (context === undefined) return name === IN_CLUSTER_CONTEXT ? inCluster : undefined;
      const cluster = merged.getCluster(context.cluster);
      const user = merged.getUser(context.user);
      if (cluster === null) return undefined;
      const config = new KubeConfig();
      config.loadFromOptions({
        clusters: [cluster],
        users: user === null ? [{ name: context.user }] : [user],
        contexts: [context],
        currentContext: name,
      });
      return config;
    },
  };
}

const EMPTY = { server: "", namespace: undefined };

/** A login program with a relative path is resolved against the kubeconfig's folder, as for kubectl. */
function withProgramBeside(user: User, folder: string): User {
  const { command } = fieldsOf(user.exec);
  if (typeof command !== "string" || !/[\\/]/.test(command) || isAbsolute(command)) return user;
  return { ...user, exec: { ...fieldsOf(user.exec), command: join(folder, command) } };
}

function has(list: readonly { readonly name: string }[], name: string): boolean {
  return list.some((each) => each.name === name);
}

function contextOf(config: KubeConfig, context: Context): ClusterContext | undefined {
  const cluster = config.getCluster(context.cluster);
  return cluster === null
    ? undefined
    : { name: context.name, server: cluster.server, namespace: context.namespace };
}

function inClusterConfig({ env, serviceAccountDir }: KubeconfigPlaces): KubeConfig | undefined {
  const dir = serviceAccountDir ?? SERVICE_ACCOUNT;
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined || !existsSync(join(dir, "token"))) return undefined;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: IN_CLUSTER_CONTEXT,
        server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
        caFile: join(dir, "ca.crt"),
        skipTLSVerify: false,
      },
    ],
    users: [
      {
        name: IN_CLUSTER_CONTEXT,
        authProvider: { name: "tokenFile", config: { tokenFile: join(dir, "token") } },
      },
    ],
    contexts: [{ name: IN_CLUSTER_CONTEXT, cluster: IN_CLUSTER_CONTEXT, user: IN_CLUSTER_CONTEXT }],
    currentContext: IN_CLUSTER_CONTEXT,
  });
  return config;
}
