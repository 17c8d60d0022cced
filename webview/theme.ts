import { PAGE_ATTRIBUTE } from "../src/protocol/page.ts";
import type { TokenKind } from "../src/viewModels/breakdown/tokenKinds.ts";
import { mixColours, onBackground, withAlpha } from "./colour.ts";

/** The colours and font a chart is drawn with, read from the VS Code theme. */
export interface Theme {
  readonly isHighContrast: boolean;
  readonly background: string;
  readonly foreground: string;
  /** For axes, captions and whatever else should not draw the eye. */
  readonly muted: string;
  /** Lines behind the figures. */
  readonly gridLine: string;
  readonly kinds: Readonly<Record<TokenKind, string>>;
  /** For any number of groups: as distinct as the theme's own colours are. */
  readonly palette: readonly string[];
  /** For charts with a single series. */
  readonly accent: string;
  readonly warning: string;
  /** For values that are neither good nor bad. */
  readonly neutral: string;
  readonly danger: string;
  readonly hover: {
    readonly background: string;
    readonly foreground: string;
    readonly border: string;
  };
  readonly fontFamily: string;
  readonly fontSizePx: number;
}

/** Reads the theme as it is now. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== "") return value;
    }
    return undefined;
  };
  const { classList } = document.body;
  const isHighContrast =
    classList.contains("vscode-high-contrast") || classList.contains("vscode-high-contrast-light");
  const isInSideBar = document.body.getAttribute(PAGE_ATTRIBUTE) === "usageView";
  const background =
    read(...(isInSideBar ? ["sideBar-background"] : []), "editor-background") ?? "#1e1e1e";
  const foreground = read("charts-foreground", "foreground", "editor-foreground") ?? "#cccccc";
  const muted = isHighContrast
    ? foreground
    : (read("descriptionForeground") ?? mixColours(foreground, background, 0.3));
  const solid = (colour: string): string => onBackground(colour, background);
  const blue = read("charts-blue") ?? "#3794ff";
  const green = read("charts-green") ?? "#89d185";
  const purple = read("charts-purple") ?? "#b180d7";
  const yellow = read("charts-yellow") ?? "#cca700";
  const red = read("charts-red", "errorForeground") ?? "#f14c4c";
  return {
    isHighContrast,
    background,
    foreground,
    muted,
    gridLine: withAlpha(foreground, isHighContrast ? 0.35 : 0.12),
    kinds: {
      input: solid(blue),
      output: solid(green),
      reasoning: solid(purple),
      // Usually the largest by far and the cheapest, so it should not draw the eye.
      cacheRead: mixColours(foreground, background, isHighContrast ? 0.35 : 0.62),
      // Not the theme's orange: in VS Code's own themes it is a translucent marker colour, or missing.
      cacheWrite: solid(yellow),
    },
    palette: [
      blue,
      green,
      purple,
      yellow,
      red,
      mixColours(blue, green, 0.5),
      mixColours(purple, red, 0.5),
      mixColours(foreground, background, 0.45),
    ].map(solid),
    accent: blue,
    neutral: mixColours(foreground, background, isHighContrast ? 0.2 : 0.4),
    warning: read("charts-yellow", "editorWarning-foreground") ?? "#cca700",
    danger: red,
    hover: {
      background: read("editorHoverWidget-background", "editorWidget-background") ?? background,
      foreground: read("editorHoverWidget-foreground", "foreground") ?? foreground,
      border:
        read("editorHoverWidget-border", "contrastBorder", "editorWidget-border") ??
        withAlpha(foreground, 0.3),
    },
    fontFamily: read("font-family") ?? "sans-serif",
    fontSizePx: Number.parseFloat(read("font-size") ?? "13") || 13,
  };
}

/** Calls the listener with the new theme whenever it changes. */
export function watchTheme(listener: (theme: Theme) => void): void {
  let known = JSON.stringify(readTheme());
  const observer = new MutationObserver(() => {
    const theme = readTheme();
    const now = JSON.stringify(theme);
    if (now === known) return;
    known = now;
    listener(theme);
  });
  // VS Code puts the colours in the root's style and the theme kind in the body's class.
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["style", "class"],
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
}
