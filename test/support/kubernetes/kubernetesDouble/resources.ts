/** A kind that the double supports. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly hasStatus: boolean;
}

export const KUBEOPENCODE_GROUP = "kubeopencode.io";

const own = { group: KUBEOPENCODE_GROUP, version: "v1alpha1", isNamespaced: true, hasStatus: true };
const core = { group: "", version: "v1", isNamespaced: true, hasStatus: true };

export const RESOURCE_KINDS: readonly ResourceKind[] = [
  { ...own, plural: "tasks", kind: "Task", shortNames: ["tk"] },
  { ...own, plural: "agents", kind: "Agent", shortNames: ["ag"] },
  { ...own, plural: "crontasks", kind: "CronTask", shortNames: ["ct"] },
  { ...own, plural: "agenttemplates", kind: "AgentTemplate", shortNames: ["agt"] },
  { ...core, plural: "pods", kind: "Pod", shortNames: ["po"] },
  { ...core, plural: "services", kind: "Service", shortNames: ["svc"] },
  { ...core, plural: "namespaces", kind: "Namespace", shortNames: ["ns"], isNamespaced: false },
];

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function rootOf({ group, version }: Pick<ResourceKind, "group" | "version">): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"];

/** The answer to a discovery path; undefined for other paths. */
export function discovery(path: string, hasKubeOpenCode: boolean): unknown {
  const kinds = RESOURCE_KINDS.filter(
    ({ group }) => hasKubeOpenCode || group !== KUBEOPENCODE_GROUP,
  );
  const authorization = { group: "authorization.k8s.io", version: "v1" };
  const groups = [...new Set(kinds.map(({ group }) => group).filter((group) => group !== ""))].map(
    (name) => groupOf(name, kinds.find(({ group }) => group === name)?.version ?? "v1"),
  );
  if (path === "/version") return { major: "1", minor: "32", gitVersion: "v1.32.0-double" };
  if (path === "/api") {
    return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  }
  if (path === "/apis") {
    return {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: [...groups, groupOf(authorization.group, authorization.version)],
    };
  }
  if (path === rootOf(authorization)) {
    const review = { name: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview" };
    return listOf("authorization.k8s.io/v1", [
      { ...review, singularName: "", namespaced: false, verbs: ["create"] },
    ]);
  }
  const found = kinds.filter((kind) => rootOf(kind) === path);
  if (found.length === 0) return undefined;
  return listOf(
    path.replace(/^\/apis?\//, ""),
    found.flatMap(({ plural, kind, shortNames, isNamespaced }) => [
      {
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced: isNamespaced,
        kind,
        shortNames,
        verbs: VERBS,
      },
      {
        name: `${plural}/status`,
        singularName: "",
        namespaced: isNamespaced,
        kind,
        verbs: ["get", "patch", "update"],
      },
    ]),
  );
}

function groupOf(name: string, version: string): unknown {
  const preferred = { groupVersion: `${name}/${version}`, version };
  return { name, versions: [preferred], preferredVersion: preferred };
}

function listOf(groupVersion: string, resources: readonly unknown[]): unknown {
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
}
