import { type Colord, colord } from "colord";

/** A CSS colour made more transparent; left alone where it cannot be read. */
export function withAlpha(text: string, factor: number): string {
  const colour = colord(text);
  return colour.isValid() ? cssColour(colour.alpha(colour.alpha() * factor)) : text;
}

/** A colour as it looks on a background: opaque, so that nothing behind shines through. */
export function onBackground(text: string, background: string): string {
  const colour = colord(text);
  if (!colour.isValid() || colour.alpha() >= 1) return text;
  return mixColours(background, cssColour(colour.alpha(1)), colour.alpha());
}

/** The colour between two, `share` of the way from the first to the second, channel by channel as a screen mixes them. */
export function mixColours(from: string, to: string, share: number): string {
  const [a, b] = [colord(from), colord(to)];
  if (!a.isValid() || !b.isValid()) return from;
  const [x, y] = [a.toRgb(), b.toRgb()];
  const mix = (one: number, other: number): number => one + (other - one) * share;
  return cssColour(
    colord({ r: mix(x.r, y.r), g: mix(x.g, y.g), b: mix(x.b, y.b), a: mix(x.a, y.a) }),
  );
}

/** As CSS and canvas take it; always with alpha, so that equal colours are equal texts. */
function cssColour(colour: Colord): string {
  const { r, g, b, a } = colour.toRgb();
  return `rgba(${r}, ${g}, ${b}, ${a})`;
}
