// Writes the GEMM tiles, one function per size, from one template: rows MR, columns NR = 8 (one panel) or 16 (two panels).
// The loop has no counter, and pointers move before their loads: V8 zero-extends parameters at every use, but no sums.
import { writeText } from './fresh.mjs';

const OUT = 'assembly/gemm/generated/tiles.ts';
/** [MR, NR] of each tile. tiles.ts says which one runs. */
const TILES = [1, 2, 3, 4, 6].map((rows) => [rows, 8]).concat([2, 3, 4, 5, 6].map((rows) => [rows, 16]));

export function writeTiles() {
  writeText(OUT, `import { madd } from '../../simd';\n${TILES.map(([m, n]) => tile(m, n)).join('')}`);
}

function tile(MR, NR) {
  const rows = Array.from({ length: MR }, (_, i) => i);
  const vectors = Array.from({ length: NR / 4 }, (_, j) => j);
  const wide = NR === 16;
  const at = (j) => (j ? `, ${16 * j}` : '');
  const block = (indent, list) => list.map((line) => `${indent}${line}\n`).join('');
  const next = (pointer, stride, i) => (i ? [`${pointer} += ${stride};`] : []);
  const starts = [
    ...['const end = b + <usize>(k - 1) * rsB;', 'b -= rsB;'],
    ...(wide ? ['let d = b + psB;'] : []),
    ...rows.map((i) => `let a${i} = ${i ? `a${i - 1} + rsA` : 'a - csA'};`),
  ];
  const loads = rows.flatMap((i) => [
    ...next('init', 'ldi', i),
    ...vectors.map((j) => `let c${i}${j} = v128.load(init${at(j)});`),
  ]);
  const step = [
    ...['b += rsB;', ...(wide ? ['d += rsB;'] : [])],
    ...vectors.map((j) => `const b${j} = v128.load(${j < 2 ? 'b' : 'd'}${at(j % 2)});`),
    ...rows.flatMap((i) => [
      `a${i} += csA;`,
      `${i ? '' : 'let '}s = v128.load32_splat(a${i});`,
      ...vectors.map((j) => `c${i}${j} = madd(s, b${j}, c${i}${j});`),
    ]),
  ];
  const stores = rows.flatMap((i) => [
    ...next('c', 'ldc', i),
    ...vectors.map((j) => `v128.store(c, c${i}${j}${at(j)});`),
  ]);
  return `
/**
 * C[${MR}, ${NR}] = init + A·B${wide ? ' over two neighbouring panels of 8 columns' : ''}, summed in the order of k, one accumulator per element.
 * a: element (i, p) at a + i·rsA + p·csA. b: row p${wide ? ' of panel q at b + p·rsB + q·psB' : ' at b + p·rsB, 8 floats'}. init: row i at
 * init + i·ldi. c: row i at c + i·ldc. Strides in bytes. init may be c.
 */
export function tile${MR}x${NR}(
  k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize,${wide ? ' psB: usize,' : ''}
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
${block('  ', [...starts, ...loads])}  while (b != end) {
${block('    ', step)}  }
${block('  ', stores)}}
`;
}
