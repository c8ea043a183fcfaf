import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

/**
 * What the machine is asked to do in the innermost loop of each tile, read from the compiler's own text: noise can't
 * blur a count. A tile of MR rows and NR columns loads NR/4 vectors of B and MR numbers of A, and multiplies and adds
 * MR·NR/4 vectors; the rest is pointers. Anything more is a regression.
 */
const tiles = [
  { rows: 1, columns: 8 },
  { rows: 2, columns: 8 },
  { rows: 3, columns: 8 },
  { rows: 4, columns: 8 },
  { rows: 6, columns: 8, only: 'relaxed' },
  { rows: 2, columns: 16 },
  { rows: 3, columns: 16, only: 'relaxed' },
  { rows: 4, columns: 16, only: 'relaxed' },
  { rows: 5, columns: 16, only: 'simd' },
  { rows: 6, columns: 16, only: 'relaxed' },
];

describe.each(['simd', 'relaxed'])('%s', async (build) => {
  const wat = await readFile(`build/${build}.wat`, 'utf8');

  for (const { rows, columns, only } of tiles) {
    if (only && only !== build) continue;
    test(`tile${rows}x${columns}: its k-loop`, () => {
      const counts = countOps(kLoop(wat, `tile${rows}x${columns}`));
      const work = (rows * columns) / 4;
      const fused = build === 'relaxed';
      expect(counts).toMatchObject({
        'v128.load': columns / 4,
        'v128.load32_splat': rows,
        ...(fused ? { 'f32x4.relaxed_madd': work } : { 'f32x4.mul': work, 'f32x4.add': work }),
      });
      const vector = Object.entries(counts).filter(([op]) => /^(v128|[fi]\d+x\d+)\./.test(op));
      const total = vector.reduce((sum, [, n]) => sum + n, 0);
      expect(total).toBe(columns / 4 + rows + work * (fused ? 1 : 2));
      // one pointer a row of A, one or two for B, the count of k
      expect((counts['i32.add'] ?? 0) + (counts['i32.sub'] ?? 0)).toBeLessThanOrEqual(rows + columns / 8 + 1);
    });
  }

  test('a barrier looks again each time: its loads are not taken out of their loop', () => {
    const waits = innermost(wat).filter((loop) => loop.includes('call $assembly/team/look'));
    expect(waits.length).toBeGreaterThan(0);
    for (const wait of waits) expect(wait).toMatch(/i32\.atomic\.load/);
    // a thread with turns to take also looks each time whether the kernel was given up
    const turns = wat.indexOf('(func $assembly/team/nextSteps');
    const loops = innermost(wat.slice(turns, wat.indexOf('\n )', turns)));
    expect(loops.find((loop) => loop.includes('call $assembly/team/look'))).toMatch(
      /i32\.atomic\.load.*i32\.const 2147483647.*i32\.atomic\.load.*i32\.atomic\.load/s,
    );
    const start = wat.indexOf('(func $assembly/team/look');
    // whether a thread has ended
    expect(wat.slice(start, wat.indexOf('\n )', start))).toMatch(
      /call \$assembly\/team\/lost.*memory\.atomic\.wait32/s,
    );
  });

  test('the row times 32 columns: its k-loop', () => {
    const loops = innermost(wat).map(countOps);
    const op = build === 'relaxed' ? 'f32x4.relaxed_madd' : 'f32x4.mul';
    const found = loops.filter((c) => c['v128.load'] === 8 && c['v128.load32_splat'] === 1 && c[op] === 8);
    expect(found.length).toBeGreaterThan(0);
  });
});

/** Text of the innermost loop that loads by splat in the function of a tile, or where it was inlined. */
function kLoop(wat: string, tile: string): string {
  const start = wat.indexOf(`(func $assembly/gemm/generated/tiles/${tile} `);
  if (start >= 0) {
    const body = wat.slice(start, wat.indexOf('\n )', start));
    return innermost(body).find((loop) => loop.includes('load32_splat'))!;
  }
  const [rows, columns] = tile.slice(4).split('x').map(Number) as [number, number];
  const fits = (loop: string) => {
    const counts = countOps(loop);
    return counts['v128.load32_splat'] === rows && counts['v128.load'] === columns / 4;
  };
  const found = innermost(wat).find(fits);
  if (!found) throw new Error(`no loop of ${tile}`);
  return found;
}

/** Texts of all loops that hold no other loop. */
function innermost(wat: string): string[] {
  const lines = wat.split('\n');
  const loops: string[] = [];
  const open: { indent: number; at: number }[] = [];
  for (const [i, line] of lines.entries()) {
    const indent = line.length - line.trimStart().length;
    if (/^\s*loop\b/.test(line)) open.push({ indent, at: i });
    const last = open.at(-1);
    if (last && /^\s*end\b/.test(line) && indent === last.indent) {
      open.pop();
      const text = lines.slice(last.at + 1, i).join('\n');
      if (!/^\s*loop\b/m.test(text)) loops.push(text);
    }
  }
  return loops;
}

function countOps(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const op = /^\s*([\w.]+)/.exec(line)?.[1];
    if (op) counts[op] = (counts[op] ?? 0) + 1;
  }
  return counts;
}
