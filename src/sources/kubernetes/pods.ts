import { t } from "../../core/language.ts";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { type Fields, fieldsOf, nameOf, recordsOf, textOf } from "./values.ts";

/** The newest ready pod that matches a selector. */
export async function findPod(
  access: ClusterAccess,
  namespace: string,
  labelSelector: string,
  signal?: AbortSignal,
): Promise<Result<string>> {
  const answer = await access.request({
    path: `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labelSelector)}`,
    signal,
  });
  if (!answer.ok) return answer;
  const pods = recordsOf(fieldsOf(answer.value)["items"]);
  const ready = pods.filter(isReady).sort((a, b) => created(b).localeCompare(created(a)));
  const name = nameOf(ready[0] ?? {});
  if (name !== undefined) return ok(name);
  const what = pods.length === 0 ? t("has no pod") : t("has no ready pod");
  return failed(new ServerError("unreachable", t`the agent ${what} now`));
}

function isReady(pod: Fields): boolean {
  const status = fieldsOf(pod["status"]);
  if (fieldsOf(pod["metadata"])["deletionTimestamp"] !== undefined) return false;
  if (status["phase"] !== "Running") return false;
  return recordsOf(status["conditions"]).some(
    ({ type, status: value }) => type === "Ready" && value === "True",
  );
}

function created(pod: Fields): string {
  return textOf(fieldsOf(pod["metadata"])["creationTimestamp"]) ?? "";
}
