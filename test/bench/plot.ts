/** One line of a plot, with its own horizontal scale and the shared vertical one. */
export interface PlotLine {
  readonly title: string;
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 720;
const HEIGHT = 320;
const LEFT = 56;
const TOP = 40;
const COLOURS = ["#2f6feb", "#d1521f", "#2a8f4f", "#8250df", "#9a6700"];

/** A small plot for a Markdown page. Horizontally, each line runs from its own zero to its own last point. */
export function linePlot(title: string, lines: readonly PlotLine[]): string {
  const most = Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value))) * 1.15;
  const right = WIDTH - 16;
  const bottom = HEIGHT - 24 - lines.length * 18;
  const y = (value: number): number => bottom - (value / most) * (bottom - TOP);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(most * share).toFixed(1);
    return (
      `<line x1="${String(LEFT)}" x2="${String(right)}" y1="${at}" y2="${at}" stroke="#8886" stroke-width="0.5"/>` +
      `<text x="${String(LEFT - 6)}" y="${at}" text-anchor="end" dominant-baseline="middle">${(most * share).toPrecision(3)}</text>`
    );
  });
  const drawn = lines.map(({ points, title: name }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? "#000";
    const last = points.at(-1)?.[0] ?? 1;
    const path = points
      .map(
        ([x, value]) => `${(LEFT + (x / last) * (right - LEFT)).toFixed(1)},${y(value).toFixed(1)}`,
      )
      .join(" ");
    const legendY = String(bottom + 22 + index * 18);
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>` +
      `<rect x="${String(LEFT)}" y="${String(bottom + 14 + index * 18)}" width="10" height="10" fill="${colour}"/>` +
      `<text x="${String(LEFT + 16)}" y="${legendY}">${name}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="sans-serif" font-size="12" fill="#888">`,
    `<text x="${String(LEFT)}" y="22" font-size="14">${title}</text>`,
    ...grid,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

/** Both axes are logarithmic, so proportional growth always has the same slope. */
export function growthPlot(title: string, lines: readonly PlotLine[]): string {
  const all = lines.flatMap(({ points }) => points);
  const decades = (values: readonly number[]): readonly [number, number] => [
    Math.floor(Math.log10(Math.min(...values))),
    Math.ceil(Math.log10(Math.max(...values))),
  ];
  const [left, right] = decades(all.map(([x]) => x));
  const [low, high] = decades(all.map(([, y]) => y));
  const bottom = HEIGHT - 44 - lines.length * 18;
  const x = (value: number): number =>
    LEFT + ((Math.log10(value) - left) / (right - left)) * (WIDTH - 16 - LEFT);
  const y = (value: number): number =>
    bottom - ((Math.log10(value) - low) / (high - low)) * (bottom - TOP);
  const powers = (from: number, to: number): readonly number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  const rows = powers(low, high).map((value) => {
    const at = y(value).toFixed(1);
    return (
      `<line x1="${String(LEFT)}" x2="${String(WIDTH - 16)}" y1="${at}" y2="${at}" stroke="#8886" stroke-width="0.5"/>` +
      `<text x="${String(LEFT - 6)}" y="${at}" text-anchor="end" dominant-baseline="middle">${value.toLocaleString("en")}</text>`
    );
  });
  const columns = powers(left, right).map((value) => {
    const at = x(value).toFixed(1);
    return (
      `<line x1="${at}" x2="${at}" y1="${String(TOP)}" y2="${String(bottom)}" stroke="#8886" stroke-width="0.5"/>` +
      `<text x="${at}" y="${String(bottom + 16)}" text-anchor="middle">${value.toLocaleString("en")}</text>`
    );
  });
  const drawn = lines.map(({ points, title: name }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? "#000";
    const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ");
    const legendY = bottom + 34 + index * 18;
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>` +
      `<rect x="${String(LEFT)}" y="${String(legendY)}" width="10" height="10" fill="${colour}"/>` +
      `<text x="${String(LEFT + 16)}" y="${String(legendY + 9)}">${name}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="sans-serif" font-size="12" fill="#888">`,
    `<text x="${String(LEFT)}" y="22" font-size="14">${title}</text>`,
    ...rows,
    ...columns,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}
