type RawList = readonly unknown[];

function contextOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || !("context" in entry)) return undefined;
  return typeof entry.context === "string" ? entry.context : undefined;
}

function namespacesOf(entry: unknown): readonly string[] {
  if (typeof entry !== "object" || entry === null || !("namespaces" in entry)) return [];
  const list: unknown = entry.namespaces;
  return Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
}

/** The setting with these namespaces of a context added; entries that can't be read are kept as they are. */
export function withNamespaces(
  list: RawList,
  context: string,
  namespaces: readonly string[],
): RawList {
  const known = list.find((entry) => contextOf(entry) === context);
  const all = [...new Set([...namespacesOf(known), ...namespaces])];
  const entry = { context, namespaces: all };
  return known === undefined
    ? [...list, entry]
    : list.map((each) => (each === known ? entry : each));
}

/** The setting without a namespace; a context that has none left is removed too. */
export function withoutNamespace(list: RawList, context: string, namespace: string): RawList {
  return list.flatMap((entry) => {
    if (contextOf(entry) !== context) return [entry];
    const left = namespacesOf(entry).filter((each) => each !== namespace);
    return left.length === 0 ? [] : [{ context, namespaces: left }];
  });
}
