import { el } from '../ui/el.ts';
import { svg } from '../ui/svg.ts';
import { layout, type Part, type Placed } from './layout.ts';
import type { Described } from './protocol.ts';

/** Of a node, and the space between two. */
const [WIDTH, HEIGHT, ACROSS, DOWN] = [124, 30, 14, 26];
/** Letters that fit. */
const LETTERS = 17;

interface Drawn extends Part {
  readonly kind: 'input' | 'operator' | 'output';
  readonly label: string;
  /** More of it, for who points at it. */
  readonly title: string;
}

/** The operators of a graph from its inputs down to its outputs, with the values that go from one to the next as lines. */
export function drawing(described: Described): HTMLElement {
  const parts = partsOf(described);
  const placed = layout(parts);
  const { places, lines, columns, rows } = placed;
  const [width, height] = [columns * (WIDTH + ACROSS) + 2, rows * (HEIGHT + DOWN)];
  const x = (column: number) => column * (WIDTH + ACROSS) + 1;
  const y = (row: number) => row * (HEIGHT + DOWN) + DOWN / 2;
  const picture = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
  for (const line of lines.flat()) picture.append(svg('path', { class: 'flow', d: pathOf(line, x, y) }));
  for (const [i, { kind, label, title }] of parts.entries()) {
    const [column, row] = places[i]!;
    const short = label.length > LETTERS ? `${label.slice(0, LETTERS - 1)}…` : label;
    const node = svg(
      'g',
      { class: `node ${kind}`, transform: `translate(${x(column)} ${y(row)})` },
      svg('rect', { x: -WIDTH / 2, width: WIDTH, height: HEIGHT, rx: 5 }),
      svg('text', { y: HEIGHT / 2 + 4 }, short),
      svg('title', {}, title),
    );
    picture.append(node);
  }
  const name = `Graph of ${described.operators.length} operators, from the inputs to the outputs`;
  return el(
    'div',
    { class: 'operators', tabindex: 0, role: 'group', 'aria-label': name },
    picture,
    el('ol', { class: 'spoken' }, ...parts.map(({ title }) => el('li', {}, title))),
  );
}

/** Inputs, operators and outputs, each with those whose values it reads. */
function partsOf({ inputs, operators, outputs }: Described): Drawn[] {
  const from = new Map<string, number>();
  const parts: Drawn[] = [];
  const reads = (names: readonly string[]) =>
    [...new Set(names.map((name) => from.get(name)))].filter((k) => k !== undefined);
  const sizes = (dims: readonly (number | string | null)[]) =>
    `[${dims.map((size) => size ?? '?').join(', ')}]`;
  for (const { name, dims } of inputs) {
    if (!operators.some((operator) => operator.inputs.includes(name))) continue;
    from.set(name, parts.length);
    parts.push({ kind: 'input', label: name, title: `input ${name} ${sizes(dims)}`, reads: [] });
  }
  for (const { op, name, inputs: names, outputs: gives, inner } of operators) {
    for (const output of gives) from.set(output, parts.length);
    const title = [op, name, inner ? `with ${inner} operators inside` : ''].filter(Boolean).join(' ');
    parts.push({ kind: 'operator', label: inner ? `${op} (${inner})` : op, title, reads: reads(names) });
  }
  for (const { name, dims } of outputs) {
    if (!from.has(name)) continue;
    parts.push({ kind: 'output', label: name, title: `output ${name} ${sizes(dims)}`, reads: reads([name]) });
  }
  return parts;
}

/** From the lower edge of a node to the upper edge of another, straight through the rows between them. */
function pathOf(
  line: Placed['lines'][number][number],
  x: (column: number) => number,
  y: (row: number) => number,
): string {
  const [first, ...rest] = line;
  let d = `M${x(first![0])} ${y(first![1]) + HEIGHT}`;
  let [lastX, lastY] = [x(first![0]), y(first![1]) + HEIGHT];
  for (const [i, [column, row]] of rest.entries()) {
    const [toX, toY] = [x(column), y(row)];
    const middle = (lastY + toY) / 2;
    d += `C${lastX} ${middle} ${toX} ${middle} ${toX} ${toY}`;
    if (i < rest.length - 1) d += `V${toY + HEIGHT}`;
    [lastX, lastY] = [toX, i < rest.length - 1 ? toY + HEIGHT : toY];
  }
  return d;
}
