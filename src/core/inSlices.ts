/** The longest time other code in the extension host has to wait. */
const SLICE_MS = 8;

/** Calls `act` for each item in order, yielding to the event loop every `SLICE_MS`. */
export async function inSlices<T>(items: Iterable<T>, act: (item: T) => void): Promise<void> {
  let endMs = performance.now() + SLICE_MS;
  for (const item of items) {
    act(item);
    if (performance.now() < endMs) continue;
    await eventLoopTurn();
    endMs = performance.now() + SLICE_MS;
  }
}

/** Resolves on the next turn of the event loop. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
