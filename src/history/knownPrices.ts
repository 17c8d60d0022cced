import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Model, modelKey } from "../core/model.ts";
import type { ModelPrice } from "../core/usage.ts";
import { isRecord, recordOf } from "./messageFacts.ts";

const NAME = "prices.json";
const VERSION = 1;

/**
 * The list prices that the servers' catalogues have told so far, kept beside the ledger: what was used of a
 * model stays estimated when its server is away or the model has left the catalogue.
 */
export class KnownPrices {
  private readonly file: string;
  private readonly prices: Map<string, ModelPrice>;

  private constructor(file: string, prices: Map<string, ModelPrice>) {
    this.file = file;
    this.prices = prices;
  }

  /** Reads what is known; nothing when there is no file or it cannot be understood. */
  static async open(folder: string): Promise<KnownPrices> {
    const file = path.join(folder, NAME);
    return new KnownPrices(file, await readPrices(file));
  }

  /** By `modelKey`. */
  get table(): ReadonlyMap<string, ModelPrice> {
    return this.prices;
  }

  /** Remembers what a catalogue tells; models without a price leave what was known. Tells whether it was new. */
  async learn(models: Iterable<Model>): Promise<boolean> {
    const told = new Map<string, ModelPrice>();
    for (const model of models) {
      if (model.price === undefined) continue;
      const key = modelKey(model);
      if (!isSamePrice(this.prices.get(key), model.price)) told.set(key, model.price);
    }
    if (told.size === 0) return false;
    for (const [key, price] of told) this.prices.set(key, price);
    // Another window may have learnt others meanwhile.
    const all = new Map([...(await readPrices(this.file)), ...told]);
    for (const [key, price] of all) this.prices.set(key, price);
    await mkdir(path.dirname(this.file), { recursive: true });
    const temporary = `${this.file}-${randomBytes(6).toString("hex")}`;
    try {
      const content = { version: VERSION, prices: Object.fromEntries(this.prices) };
      await writeFile(temporary, JSON.stringify(content));
      await rename(temporary, this.file);
    } finally {
      await rm(temporary, { force: true });
    }
    return true;
  }
}

async function readPrices(file: string): Promise<Map<string, ModelPrice>> {
  const prices = new Map<string, ModelPrice>();
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    if (recordOf(value)["version"] !== VERSION) return prices;
    for (const [key, price] of Object.entries(recordOf(recordOf(value)["prices"]))) {
      const parsed = parsePrice(price);
      if (parsed !== undefined) prices.set(key, parsed);
    }
  } catch {
    // Missing or damaged: the catalogues tell again.
  }
  return prices;
}

function parsePrice(value: unknown): ModelPrice | undefined {
  if (!isRecord(value)) return undefined;
  const { input, output, cacheRead, cacheWrite } = value;
  return isPrice(input) && isPrice(output) && isPrice(cacheRead) && isPrice(cacheWrite)
    ? { input, output, cacheRead, cacheWrite }
    : undefined;
}

function isPrice(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isSamePrice(a: ModelPrice | undefined, b: ModelPrice): boolean {
  return (
    a?.input === b.input &&
    a.output === b.output &&
    a.cacheRead === b.cacheRead &&
    a.cacheWrite === b.cacheWrite
  );
}
