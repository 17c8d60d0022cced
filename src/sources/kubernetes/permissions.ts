import { CLUSTER_PERMISSIONS, permissionKey } from "../../core/clusterPermissions.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { fieldsOf } from "./values.ts";

const AT_A_TIME = 6;

/**
 * Asks the cluster what may not be done in a namespace (SelfSubjectAccessReview), as `verb resource`.
 * Undefined when it cannot be asked.
 */
export async function deniedHere(
  access: ClusterAccess,
  namespace: string,
): Promise<ReadonlySet<string> | undefined> {
  const denied = new Set<string>();
  const waiting = [...CLUSTER_PERMISSIONS];
  const failures: unknown[] = [];
  const ask = async (): Promise<void> => {
    for (
      let next = waiting.shift();
      next !== undefined && failures.length === 0;
      next = waiting.shift()
    ) {
      const { group, resource, verb } = next;
      const [main = "", subresource] = resource.split("/");
      const attributes = { namespace, verb, group, resource: main };
      const answer = await access.request({
        method: "POST",
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
        denied.add(permissionKey(next));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, ask));
  return failures.length === 0 ? denied : undefined;
}
