import type { ServerSource } from "./source.ts";
import { SourceReporter } from "./sourceReporter.ts";

/**
 * A source the user can switch off and on. While it is off there is no inner source: nothing is scanned, and
 * the report is empty.
 */
export class SwitchableSource implements ServerSource {
  readonly id: string;
  readonly knowsPasswords: boolean;
  readonly #create: () => Promise<ServerSource>;
  readonly #reporter = new SourceReporter();
  #isOn: boolean;
  /** The inner source while on; replaced or undefined once switched off. */
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

  /** Switches the source on or off; a scan in progress when it is switched off is not reported. */
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
