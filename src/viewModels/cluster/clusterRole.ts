import type { NamespaceRef } from "../../core/state/cluster.ts";
import {
  CLUSTER_PERMISSIONS,
  type ClusterPermission,
  permissionKey,
} from "../../core/state/clusterPermissions.ts";

const NAME = "opencode-sessions";

/**
 * The Role that grants missing permissions in a namespace, with its binding, as YAML for somebody who may apply
 * it. Grants everything the extension can use if it is unknown what is denied.
 */
export function missingRole(
  { namespace, clusterID }: NamespaceRef,
  denied: ReadonlySet<string> | undefined,
): string {
  const missing = CLUSTER_PERMISSIONS.filter(
    (permission) => denied === undefined || denied.has(permissionKey(permission)),
  );
  const rules = new Map<string, { readonly group: string; readonly verbs: string[] }>();
  for (const { group, resource, verb } of missing) {
    const rule = rules.get(resource) ?? { group, verbs: [] };
    rule.verbs.push(verb);
    rules.set(resource, rule);
  }
  const lines = [...rules].flatMap(([resource, { group, verbs }]) => [
    `  - apiGroups: ["${group}"]`,
    `    resources: ["${resource}"]`,
    `    verbs: [${verbs.map((verb) => `"${verb}"`).join(", ")}]`,
  ]);
  return `# Permissions that OpenCode Sessions lacks in the namespace ${namespace} of ${oneLine(clusterID)}:
${missing.map((permission) => `#   ${purpose(permission)}`).join("\n")}
# Apply it with: kubectl -n ${namespace} apply -f -
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: ${NAME}
  namespace: ${namespace}
rules:
${lines.length === 0 ? "  []" : lines.join("\n")}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: ${NAME}
  namespace: ${namespace}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: ${NAME}
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: User
    name: YOUR-USER # as \`kubectl auth whoami\` says
`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

const PURPOSES: Readonly<Record<string, string>> = {
  "list agents": "show agents",
  "watch agents": "follow agents live",
  "patch agents": "suspend and resume agents, and mark them as in use",
  "list agenttemplates": "show the limits and ports that agents have from their templates",
  "watch agenttemplates": "follow templates live",
  "create tasks": "create tasks",
  "patch tasks": "stop tasks",
  "patch crontasks": "trigger and suspend cron tasks",
  "list pods": "find an agent's pod",
  "get pods/log": "follow logs",
  "get pods/portforward": "reach an agent's server by a port-forward",
  "create pods/portforward": "the same from Kubernetes 1.35 on",
  "get services/proxy": "reach an agent's server by the API server's proxy",
};

function purpose(permission: ClusterPermission): string {
  const key = permissionKey(permission);
  const known = PURPOSES[key];
  return known === undefined ? key : `${key}: ${known}`;
}
