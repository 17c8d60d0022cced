import { t } from "../../core/language.ts";
import { type NamespaceRef, namespaceKey } from "../../core/state/cluster.ts";
import type { SourceProblem } from "../source.ts";
import { settingEntry } from "../../core/settingEntry.ts";
import { isRecord, textOf } from "./values.ts";

const SETTING = "opencodeSessions.kubernetes.clusters";
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Reads the setting: `[{context, namespaces}]`. Total: an unusable entry becomes a problem that names its
 * position; the other entries keep their order.
 */
export function parseClusterSettings(value: unknown): {
  readonly namespaces: readonly NamespaceRef[];
  readonly problems: readonly SourceProblem[];
} {
  const namespaces = new Map<string, NamespaceRef>();
  const problems: SourceProblem[] = [];
  const say = (subject: string, message: string): void => {
    problems.push({ subject, severity: "error", message: `${subject} ${message}` });
  };
  if (value !== undefined && !Array.isArray(value)) {
    say(
      t`The setting “${SETTING}”`,
      t('must be a list: [{ "context": "…", "namespaces": ["…"] }].'),
    );
    return { namespaces: [], problems };
  }
  for (const [position, entry] of (value ?? []).entries()) {
    const subject = settingEntry(SETTING, position);
    const context = isRecord(entry) ? textOf(entry["context"]) : undefined;
    const list: unknown = isRecord(entry) ? entry["namespaces"] : undefined;
    if (context === undefined) {
      say(subject, t("has no “context”: the name of a context in your kubeconfig."));
      continue;
    }
    if (!Array.isArray(list) || list.length === 0) {
      say(subject, t("has no “namespaces”: the list of those to watch."));
      continue;
    }
    for (const namespace of list as readonly unknown[]) {
      if (typeof namespace !== "string" || !NAME.test(namespace)) {
        say(subject, t`contains an invalid namespace name: ${JSON.stringify(namespace)}.`);
        continue;
      }
      const ref = { clusterID: context, namespace };
      const key = namespaceKey(ref);
      if (namespaces.has(key)) say(subject, t`lists the namespace ${namespace} more than once.`);
      namespaces.set(key, ref);
    }
  }
  return { namespaces: [...namespaces.values()], problems };
}
