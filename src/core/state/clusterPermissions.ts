/** A permission the extension may need in a cluster namespace. */
export interface ClusterPermission {
  readonly group: string;
  /** With the subresource, as `pods/log`. */
  readonly resource: string;
  readonly verb: string;
}

const OWN = "kubeopencode.io";

function permissions(
  group: string,
  resource: string,
  ...verbs: readonly string[]
): readonly ClusterPermission[] {
  return verbs.map((verb) => ({ group, resource, verb }));
}

/**
 * All permissions the extension may need. WebSocket port-forwards require `get`, and since Kubernetes 1.35 also
 * `create`; the service proxy maps each HTTP method to its verb.
 */
export const CLUSTER_PERMISSIONS: readonly ClusterPermission[] = [
  ...permissions(OWN, "agents", "list", "watch", "patch", "delete"),
  ...permissions(OWN, "agenttemplates", "list", "watch"),
  ...permissions(OWN, "tasks", "list", "watch", "create", "patch", "delete"),
  ...permissions(OWN, "crontasks", "list", "watch", "patch", "delete"),
  ...permissions("", "pods", "list"),
  ...permissions("", "pods/log", "get"),
  ...permissions("", "pods/portforward", "get", "create"),
  ...permissions("", "services/proxy", "get", "create", "patch", "delete"),
];

/** Key of a permission in sets of denied ones. */
export function permissionKey({ verb, resource }: Omit<ClusterPermission, "group">): string {
  return `${verb} ${resource}`;
}
