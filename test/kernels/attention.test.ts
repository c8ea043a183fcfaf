import { describe, expect, test } from 'vitest';
import { attentionWork } from '../../src/memory/workspace.ts';
import { type AttentionCase, attention, attentionBackward } from '../reference/attention.ts';
import { generator, uniform } from '../reference/random.ts';
import { expectClose, expectSame, rounded } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const { fround } = Math;

/** Steps of query and value of each sequence. */
type Sizes = readonly (readonly [number, number])[];
const SIZES: readonly Sizes[] = [
  [[1, 1]],
  [[3, 5]],
  [
    [5, 2],
    [4, 9],
    [17, 8],
  ],
  [
    [0, 3],
    [2, 0],
    [3, 4],
    [0, 0],
    [1, 2],
  ],
];
const WIDTHS = [
  [1, 1],
  [2, 3],
  [4, 4],
  [7, 5],
  [8, 9],
  [17, 33],
] as const;

interface Given {
  readonly sizes: Sizes;
  readonly d: number;
  readonly dv: number;
  readonly additive: boolean;
  readonly place?: Record<string, Placement>;
}

const factorOf = ({ additive }: Given) => (additive ? 1 : fround(0.6));

function cases(given: Given): AttentionCase[] {
  const { sizes, d, dv, additive } = given;
  const draw = (seed: number, n: number) => rounded(uniform(generator(seed), n));
  return sizes.map(([m, n], b) => ({
    ...{ d, dv, q: draw(10 * b + 1, m * d), k: draw(10 * b + 2, n * d), v: draw(10 * b + 3, n * dv) },
    factor: factorOf(given),
    scale: additive ? draw(99, d) : undefined,
  }));
}

function joined(parts: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...Array.from(part)]));
}

/** All kernels, forward and backward; dO is drawn. */
function run(build: BuildName, given: Given) {
  const { sizes, d, dv, additive, place = {} } = given;
  const all = cases(given);
  const [m, n] = [0, 1].map((side) => sizes.reduce((sum, it) => sum + it[side]!, 0));
  const pairs = sizes.reduce((sum, [a, b]) => sum + a * b, 0);
  const [most, least] = [0, 1].map((side) => Math.max(...sizes.map((it) => it[side]!)));
  const bytes = attentionWork(most!, least!, Math.max(d, dv));
  const dO = sizes.map(([steps], b) => rounded(uniform(generator(50 + b), steps * dv)));
  const sandbox = new Sandbox(build, 8 * (m! + n!) * (d + dv) + 16 * pairs + 8 * d + 2 * bytes + 4096);
  const at = sandbox.indices('sizes', sizes.flat(), place.sizes);
  const q = sandbox.input('q', joined(all.map((c) => c.q)), place.q);
  const k = sandbox.input('k', joined(all.map((c) => c.k)), place.k);
  const v = sandbox.input('v', joined(all.map((c) => c.v)), place.v);
  const scale = additive ? sandbox.input('scale', all[0]!.scale!, place.scale) : 0;
  const scores = sandbox.output('scores', pairs, place.scores);
  const o = sandbox.output('o', m! * dv, place.o);
  const work = sandbox.work(bytes, place.work);
  const batch = sizes.length;
  const factor = factorOf(given);
  sandbox.run((kernels) => {
    if (additive) kernels.additive_scores(batch, at, d, q, k, scale, scores);
    else kernels.dot_scores(batch, at, d, q, k, scores, work);
  });
  const raw = sandbox.read(scores, pairs);
  sandbox.run((kernels) => kernels.attend(batch, at, dv, factor, scores, v, scores, o, work));
  const weights = sandbox.read(scores, pairs);
  const dout = sandbox.input('dout', joined(dO), place.dout);
  const dvalue = sandbox.output('dvalue', n! * dv, place.dvalue);
  const dscores = sandbox.output('dscores', pairs, place.dscores);
  const dq = sandbox.output('dq', m! * d, place.dq);
  const dk = sandbox.output('dk', n! * d, place.dk);
  const dscale = additive ? sandbox.output('dscale', new Float32Array(d).fill(2), place.dscale) : 0;
  sandbox.run((kernels) => {
    kernels.attend_backward(batch, at, dv, factor, scores, v, dout, dvalue, dscores, work);
    if (additive) kernels.additive_scores_backward(batch, at, d, q, k, scale, dscores, dq, dk, dscale);
    else kernels.dot_scores_backward(batch, at, d, q, k, dscores, dq, dk, work);
  });
  const got = {
    ...{ raw, weights, o: sandbox.read(o, m! * dv), dV: sandbox.read(dvalue, n! * dv) },
    ...{ dScores: sandbox.read(dscores, pairs), dQ: sandbox.read(dq, m! * d), dK: sandbox.read(dk, n! * d) },
    dScale: sandbox.read(dscale, additive ? d : 0),
  };
  return { got, all, dO };
}

describe.each(builds)('%s attention', (build) => {
  describe.each([false, true])('additive: %s', (additive) => {
    test('sequences of every size against float64, without steps too', () => {
      for (const sizes of SIZES) {
        for (const [d, dv] of WIDTHS) {
          const { got, all, dO } = run(build, { sizes, d, dv, additive });
          const label = `${JSON.stringify(sizes)}, d ${d}, dv ${dv}`;
          const forward = all.map(attention);
          const back = all.map((c, b) => attentionBackward(c, dO[b]!));
          expectClose(got.raw, joined(forward.map((it) => it.scores)), 1e-6, `${label}: scores`);
          expectClose(got.weights, joined(forward.map((it) => it.weights)), 1e-6, `${label}: weights`);
          expectClose(got.o, joined(forward.map((it) => it.o)), 1e-6, `${label}: o`);
          for (const name of ['dV', 'dScores', 'dQ', 'dK'] as const)
            expectClose(got[name], joined(back.map((it) => it[name])), 3e-6, `${label}: ${name}`);
          if (!additive) continue;
          const sum = new Float64Array(d).fill(2);
          for (const { dScale } of back) for (const [j, g] of dScale.entries()) sum[j]! += g;
          expectClose(got.dScale, sum, 3e-6, `${label}: dScale`);
        }
      }
    });

    test('the ends of memory: the same bits', () => {
      const names = ['sizes', 'q', 'k', 'v', 'scores', 'o', 'dout', 'dvalue', 'dscores', 'dq', 'dk'];
      for (const name of [...names, ...(additive ? ['scale', 'dscale'] : ['work'])]) {
        for (const [d, dv] of [WIDTHS[1], WIDTHS[3]]) {
          const given = { sizes: SIZES[2]!, d, dv, additive };
          const { got } = run(build, { ...given, place: { [name]: 'flush' } });
          expect(got, `${name} at the end`).toEqual(run(build, given).got);
        }
      }
    });

    test('a sequence has the bits that it has without the others', () => {
      const [sizes, d, dv] = [SIZES[2]!, 7, 5];
      const { got } = run(build, { sizes: sizes.slice(0, 1), d, dv, additive });
      const both = run(build, { sizes, d, dv, additive }).got;
      for (const name of ['weights', 'o', 'dQ', 'dK', 'dV'] as const)
        expectSame(got[name], both[name].subarray(0, got[name].length), name);
    });
  });
});

test('checked and simd have the same bits', () => {
  for (const additive of [false, true]) {
    for (const [d, dv] of WIDTHS) {
      const given = { sizes: SIZES[3]!, d, dv, additive };
      expect(run('checked', given).got).toEqual(run('simd', given).got);
    }
  }
});
