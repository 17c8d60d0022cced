/** Red, green and blue from 0 to 255, opacity from 0 to 1. */
export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha: number;
}

/** Reads `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb()` and `rgba()`: what themes hold. */
export function parseColour(text: string): Colour | undefined {
  const value = text.trim();
  const hex = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.exec(value)?.[1];
  if (hex !== undefined) {
    const wide = hex.length <= 4 ? hex.replace(/./g, "$&$&") : hex;
    const part = (at: number): number => Number.parseInt(wide.slice(at, at + 2), 16);
    return {
      red: part(0),
      green: part(2),
      blue: part(4),
      alpha: wide.length === 8 ? part(6) / 255 : 1,
    };
  }
  const parts = /^rgba?\(([^)]+)\)$/i
    .exec(value)?.[1]
    ?.split(/[\s,/]+/)
    .filter((part) => part !== "");
  if (parts === undefined || parts.length < 3) return undefined;
  const [red = 0, green = 0, blue = 0, alpha = 1] = parts.map((part) =>
    part.endsWith("%") ? Number.parseFloat(part) / 100 : Number.parseFloat(part),
  );
  if ([red, green, blue, alpha].some((part) => Number.isNaN(part))) return undefined;
  return { red, green, blue, alpha };
}

/** A colour as CSS and canvas take it. */
export function cssColour({ red, green, blue, alpha }: Colour): string {
  const whole = [red, green, blue].map((part) => Math.round(part)).join(", ");
  return `rgba(${whole}, ${Number(alpha.toFixed(3))})`;
}

/** A CSS colour made more transparent; left alone where it cannot be read. */
export function withAlpha(text: string, factor: number): string {
  const colour = parseColour(text);
  return colour === undefined ? text : cssColour({ ...colour, alpha: colour.alpha * factor });
}

/** A colour as it looks on a background: opaque, so that nothing behind shines through. */
export function onBackground(text: string, background: string): string {
  const colour = parseColour(text);
  if (colour === undefined || colour.alpha >= 1) return text;
  return mixColours(background, cssColour({ ...colour, alpha: 1 }), colour.alpha);
}

/** The colour between two, `share` of the way from the first to the second. */
export function mixColours(from: string, to: string, share: number): string {
  const a = parseColour(from);
  const b = parseColour(to);
  if (a === undefined || b === undefined) return from;
  const mix = (x: number, y: number): number => x + (y - x) * share;
  return cssColour({
    red: mix(a.red, b.red),
    green: mix(a.green, b.green),
    blue: mix(a.blue, b.blue),
    alpha: mix(a.alpha, b.alpha),
  });
}
