/** A node of a graph to lay out, by the indices of those it reads, all of them before it. */
export interface Part {
  readonly reads: readonly number[];
}

export interface Placed {
  /** Column (in widths of a node, with fractions) and row of each node. */
  readonly places: readonly (readonly [x: number, row: number])[];
  /** For each node, and each that it reads: the points that the line passes, from that one to the node. */
  readonly lines: readonly (readonly (readonly (readonly [x: number, row: number])[])[])[];
  readonly columns: number;
  readonly rows: number;
}

/** Passes up and down that put nodes near those they are connected with. */
const PASSES = 8;
/** Width of a place that a line only passes, in widths of a node. */
const LINE = 0.25;

/**
 * Rows by the longest path to a node, order within a row by the mean place of its neighbours (Sugiyama, Tagawa & Toda
 * 1981). A line over several rows has a place in each.
 */
export function layout(parts: readonly Part[]): Placed {
  const rowOf: number[] = [];
  for (const { reads } of parts) rowOf.push(1 + Math.max(-1, ...reads.map((k) => rowOf[k]!)));
  const rows: Spot[][] = Array.from({ length: 1 + Math.max(0, ...rowOf) }, () => []);
  const spots: Spot[] = [];
  const add = (row: number, width: number): Spot => {
    const spot: Spot = { x: 0, row, width, above: [], below: [] };
    rows[row]!.push(spot);
    return spot;
  };
  const chains = parts.map(({ reads }, i) => {
    const spot = add(rowOf[i]!, 1);
    spots.push(spot);
    return reads.map((k) => {
      const chain = [spots[k]!];
      for (let row = rowOf[k]! + 1; row < rowOf[i]!; row++) chain.push(add(row, LINE));
      chain.push(spot);
      for (let j = 1; j < chain.length; j++) {
        chain[j]!.above.push(chain[j - 1]!);
        chain[j - 1]!.below.push(chain[j]!);
      }
      return chain;
    });
  });
  for (const row of rows) spread(row, false);
  for (let pass = 0; pass < PASSES; pass++) {
    const isDown = pass % 2 === 0;
    for (const row of isDown ? rows : rows.toReversed()) {
      for (const spot of row) spot.x = mean(isDown ? spot.above : spot.below) ?? spot.x;
      spread(row, true);
    }
  }
  const left = Math.min(...rows.flat().map(({ x, width }) => x - width / 2));
  const right = Math.max(...rows.flat().map(({ x, width }) => x + width / 2));
  const point = ({ x, row }: Spot) => [x - left, row] as const;
  return {
    places: spots.map(point),
    lines: chains.map((of) => of.map((chain) => chain.map(point))),
    columns: right - left,
    rows: rows.length,
  };
}

/** A node, or where a line passes a row; x is its middle. */
interface Spot {
  x: number;
  readonly row: number;
  readonly width: number;
  readonly above: Spot[];
  readonly below: Spot[];
}

function mean(spots: readonly Spot[]): number | undefined {
  return spots.length ? spots.reduce((sum, { x }) => sum + x, 0) / spots.length : undefined;
}

/** Moves what overlaps apart, around where it wanted to be. */
function spread(row: Spot[], isPlaced: boolean): void {
  if (isPlaced) row.sort((a, b) => a.x - b.x);
  const wanted = row.map(({ x }) => x);
  for (let i = 1; i < row.length; i++)
    row[i]!.x = Math.max(row[i]!.x, row[i - 1]!.x + (row[i - 1]!.width + row[i]!.width) / 2);
  const shift = row.reduce((sum, { x }, i) => sum + x - wanted[i]!, 0) / row.length;
  for (const spot of row) spot.x -= shift;
}
