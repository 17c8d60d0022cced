import { type Colord, colord } from "colord";

/** Makes a CSS colour more transparent; returns it unchanged if it cannot be parsed. */
export function withAlpha(text: string, factor: number): string {
  const colour = colord(text);
  return colour.isValid() ? cssColour(colour.alpha(colour.alpha() * factor)) : text;
}

/** A colour as it looks on a background, made opaque so that nothing shows through. */
export function onBackground(text: string, background: string): string {
  const colour = colord(text);
  if (!colour.isValid() || colour.alpha() >= 1) return text;
  return mixColours(background, cssColour(colour.alpha(1)), colour.alpha());
}

/** Mixes two colours, `share` of the way from the first to the second, channel by channel as on a screen. */
export function mixColours(from: string, to: string, share: number): string {
  const [a, b] = [colord(from), colord(to)];
  if (!a.isValid() || !b.isValid()) return from;
  const [x, y] = [a.toRgb(), b.toRgb()];
  const mix = (one: number, other: number): number => one + (other - one) * share;
  return cssColour(
    colord({ r: mix(x.r, y.r), g: mix(x.g, y.g), b: mix(x.b, y.b), a: mix(x.a, y.a) }),
  );
}

/** A colour as CSS and canvas accept it; always with alpha, so that equal colours are equal strings. */
function cssColour(colour: Colord): string {
  const { r, g, b, a } = colour.toRgb();
  return `rgba(${r}, ${g}, ${b}, ${a})`;
}
