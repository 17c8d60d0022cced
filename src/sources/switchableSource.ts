import type { ServerSource } from "./source.ts";
import { SourceReporter } from "./sourceReporter.ts";

/**
 * A source that a person can switch off and on again. While it is off there is none, so nothing is looked at,
 * and it reports that it found nothing.
 */
export class SwitchableSource implements ServerSource {
  readonly id: string;
  readonly knowsPasswords: boolean;
  readonly #create: () => Promise<ServerSource>;
  readonly #reporter = new SourceReporter();
  #isOn: boolean;
  /** The source of the present time on; replaced or undefined once it was switched off. */
  #making: Promise<ServerSource> | undefined;

  constructor(
    id: string,
    isOn: boolean,
    create: () => Promise<ServerSource>,
    knowsPasswords = false,
  ) {
    this.id = id;
    this.knowsPasswords = knowsPasswords;
    this.#isOn = isOn;
    this.#create = create;
  }

  start(listener: Parameters<ServerSource["start"]>[0]): void {
    if (!this.#reporter.open(listener)) return;
    if (this.#isOn) this.#startSource();
    else {
      queueMicrotask(() => {
        this.#reportNothing();
      });
    }
  }

  /** Switches the source on or off; a look that is under way when it goes off is not reported. */
  switch(isOn: boolean): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    if (!this.#reporter.isOpen()) return;
    if (isOn) this.#startSource();
    else {
      void this.#stopSource();
      this.#reportNothing();
    }
  }

  async refresh(): Promise<void> {
    await (await this.#making)?.refresh();
  }

  async dispose(): Promise<void> {
    this.#reporter.close();
    await this.#stopSource();
  }

  #startSource(): void {
    const making = this.#create();
    this.#making = making;
    void making.then((source) => {
      if (this.#making !== making) return;
      source.start((report) => {
        if (this.#making === making) this.#reporter.report(report);
      });
    });
  }

  async #stopSource(): Promise<void> {
    const making = this.#making;
    this.#making = undefined;
    await (await making)?.dispose();
  }

  #reportNothing(): void {
    if (this.#making === undefined) this.#reporter.report({ servers: [], problems: [] });
  }
}
