const RealDate = Date;

/** Shifts what `Date` tells in this process, as when a machine's clock is set; timers and `performance` go on as they do then. 0 sets it right again. */
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
