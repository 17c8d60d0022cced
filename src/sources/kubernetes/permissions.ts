import { Limiter } from "../../core/limiter.ts";
import {
  CLUSTER_PERMISSIONS,
  type ClusterPermission,
  permissionKey,
} from "../../core/state/clusterPermissions.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { fieldsOf } from "./values.ts";

const AT_A_TIME = 6;

/**
 * Asks the cluster which actions are denied in a namespace (SelfSubjectAccessReview), each as `verb
 * resource`. Undefined if the review itself fails.
 */
export async function deniedHere(
  access: ClusterAccess,
  namespace: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const denied = new Set<string>();
  const limiter = new Limiter(AT_A_TIME);
  const failures: unknown[] = [];
  const ask = async (permission: ClusterPermission): Promise<void> => {
    if (failures.length > 0) return;
    const { group, resource, verb } = permission;
    const [main = "", subresource] = resource.split("/");
    const attributes = { namespace, verb, group, resource: main };
    const answer = await access.request({
      method: "POST",
      signal,
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: {
          resourceAttributes:
            subresource === undefined ? attributes : { ...attributes, subresource },
        },
      },
    });
    if (!answer.ok) failures.push(answer.error);
    else if (fieldsOf(fieldsOf(answer.value)["status"])["allowed"] !== true) {
      denied.add(permissionKey(permission));
    }
  };
  await Promise.all(CLUSTER_PERMISSIONS.map((each) => limiter.run(() => ask(each))));
  return failures.length === 0 ? denied : undefined;
}
