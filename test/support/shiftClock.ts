const RealDate = Date;

/** Shifts this process's `Date`, as setting the system clock does, but not timers or `performance`. 0 resets. */
export function shiftClock(offsetMs: number): void {
  if (offsetMs === 0) {
    globalThis.Date = RealDate;
    return;
  }
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: readonly unknown[], newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 ? [RealDate.now() + offsetMs] : args,
        newTarget,
      ) as Date,
    apply: () => new RealDate(RealDate.now() + offsetMs).toString(),
    get: (target, key): unknown =>
      key === "now" ? () => RealDate.now() + offsetMs : Reflect.get(target, key),
  });
}
