/** How long others in the extension host wait at most. */
const SLICE_MS = 8;

/** Does something for each item, in order, and lets the event loop turn whenever `SLICE_MS` have passed. */
export async function inSlices<T>(items: Iterable<T>, act: (item: T) => void): Promise<void> {
  let endMs = performance.now() + SLICE_MS;
  for (const item of items) {
    act(item);
    if (performance.now() < endMs) continue;
    await eventLoopTurn();
    endMs = performance.now() + SLICE_MS;
  }
}

/** Resolves after the event loop has turned. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
