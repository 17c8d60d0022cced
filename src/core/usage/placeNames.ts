import type { LedgerPlace } from "../ledger/table.ts";
import type { State } from "../state/state.ts";

/** Server names by the place that holds their history; servers that share a place are joined with commas. */
export function placeNames(
  { servers }: State,
  placeOf: (serverID: string) => LedgerPlace | undefined,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [serverID, { endpoint }] of servers) {
    const place = placeOf(serverID);
    if (place === undefined) continue;
    const other = names.get(place.id);
    names.set(place.id, other === undefined ? endpoint.name : `${other}, ${endpoint.name}`);
  }
  return names;
}
