import { t } from "../../core/language.ts";
import { type LedgerTable, projectDirectories } from "../../core/ledger/table.ts";
import { cleanTitle } from "../text/format.ts";
import { baseName, normalisePath } from "../text/paths.ts";
import type { UsageDimension } from "./usageChoices.ts";

/** Display names of the ledger's groups. */
export interface UsageNames {
  /** `key` as in `LedgerQuery`. */
  label(dimension: UsageDimension, key: string): string;
  /** Details beyond the label, for a hover; empty if there are none. */
  hint(dimension: UsageDimension, key: string): string;
}

/**
 * Names for a table's contents: a project by its folder, with the folder above if two have the same name; a
 * place by the servers in the tree whose history it holds, else by its name in the ledger.
 */
export function usageNames(
  table: LedgerTable,
  servers: ReadonlyMap<string, string> = new Map(),
): UsageNames {
  const directories = projectDirectories(table);
  const projects = namesOf(directories);
  const known = new Map(table.places.map(({ id, name }) => [id, name]));
  const placeLabel = (key: string): string =>
    cleanTitle(servers.get(key) ?? known.get(key) ?? key, 60);
  const label = (dimension: UsageDimension, key: string): string => {
    switch (dimension) {
      case "model":
        return key === "/" || key === "" ? t("Model not reported") : cleanTitle(key, 80);
      case "agent":
        return key === "" ? t("Agent not reported") : cleanTitle(key, 60);
      case "project":
        return projects.get(key) ?? t("Project not reported");
      case "place":
        return placeLabel(key);
      case "origin":
        return key === "child" ? t("Sub-sessions") : t("Root sessions");
    }
  };
  return {
    label,
    hint: (dimension, key) =>
      dimension === "project"
        ? (directories.get(key) ?? "")
        : dimension === "place"
          ? (known.get(key) ?? "")
          : "",
  };
}

function namesOf(directories: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const seen = new Map<string, number>();
  for (const directory of directories.values()) {
    const name = baseName(directory);
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  return new Map(
    [...directories].map(([key, directory]) => {
      const name = baseName(directory);
      const isAlone = (seen.get(name) ?? 0) < 2;
      const label = isAlone ? name : normalisePath(directory).split("/").slice(-2).join("/");
      return [key, cleanTitle(label, 60)];
    }),
  );
}
