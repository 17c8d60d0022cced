/** One thing the extension may want to do in a namespace of a cluster. */
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
 * All that is wanted. Port-forwards by websocket are `get`, and `create` as well from Kubernetes 1.35 on;
 * the service proxy turns each HTTP method into its verb.
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

/** How a permission is called in sets of denied ones. */
export function permissionKey({ verb, resource }: Omit<ClusterPermission, "group">): string {
  return `${verb} ${resource}`;
}
