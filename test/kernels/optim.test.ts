import { describe, expect, test } from 'vitest';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { adagrad, adam, adamW, type Optimizer, rmsprop, sgd } from '../reference/optimizers.ts';
import { generator, uniform } from '../reference/random.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

interface Rule {
  name: string;
  reference: () => Optimizer;
  /** How many tensors of state. */
  states: number;
  /** The kernel, with n and the pointers of p and g before its other arguments, at update t from 1. */
  step: (
    k: KernelCalls,
    at: [n: number, p: number, g: number],
    states: number[],
    s: number,
    t: number,
  ) => void;
}

const lr = 0.05;
const weightDecay = 0.1;

function sgdRule(name: string, momentum: number, nesterov: boolean, decay: number): Rule {
  return {
    name: `sgd_step ${name}`,
    reference: () => sgd({ lr, momentum, nesterov, weightDecay: decay }),
    states: momentum ? 1 : 0,
    step: (k, at, [b = 0], s) => k.sgd_step(...at, b, s, lr, momentum, decay, nesterov ? 1 : 0),
  };
}

function adamRule(name: string, decoupled: boolean, decay: number): Rule {
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];
  const options = { lr, betas: [beta1, beta2] as const, eps, weightDecay: decay };
  return {
    name: `adam_step ${name}`,
    reference: () => (decoupled ? adamW(options) : adam(options)),
    states: 2,
    step: (k, at, [m = 0, v = 0], s, t) => {
      const rate = lr / (1 - beta1 ** t);
      const root = 1 / Math.sqrt(1 - beta2 ** t);
      k.adam_step(...at, m, v, s, lr, beta1, beta2, eps, decay, decoupled ? 1 : 0, rate, root);
    },
  };
}

function rmspropRule(name: string, centered: boolean, momentum: number, decay: number): Rule {
  const [alpha, eps] = [0.9, 1e-6];
  return {
    name: `rmsprop_step ${name}`,
    reference: () => rmsprop({ lr, alpha, eps, centered, momentum, weightDecay: decay }),
    states: 1 + (centered ? 1 : 0) + (momentum ? 1 : 0),
    step: (k, at, states, s) => {
      const v = states[0]!;
      const a = centered ? states[1]! : 0;
      const b = momentum ? states.at(-1)! : 0;
      k.rmsprop_step(...at, v, a, b, s, lr, alpha, eps, decay, momentum);
    },
  };
}

function adagradRule(name: string, lrDecay: number, decay: number): Rule {
  const eps = 1e-10;
  return {
    name: `adagrad_step ${name}`,
    reference: () => adagrad({ lr, lrDecay, eps, weightDecay: decay }),
    states: 1,
    step: (k, at, [v = 0], s, t) => k.adagrad_step(...at, v, s, lr / (1 + (t - 1) * lrDecay), eps, decay),
  };
}

const rules: Rule[] = [
  sgdRule('plain', 0, false, 0),
  sgdRule('weight decay', 0, false, weightDecay),
  sgdRule('momentum', 0.9, false, 0),
  sgdRule('momentum, weight decay', 0.9, false, weightDecay),
  sgdRule('nesterov, weight decay', 0.9, true, weightDecay),
  adamRule('plain', false, 0),
  adamRule('weight decay', false, weightDecay),
  adamRule('decoupled weight decay', true, weightDecay),
  rmspropRule('plain', false, 0, 0),
  rmspropRule('centered', true, 0, 0),
  rmspropRule('momentum, weight decay', false, 0.8, weightDecay),
  rmspropRule('centered, momentum, weight decay', true, 0.8, weightDecay),
  adagradRule('plain', 0, 0),
  adagradRule('rate decay, weight decay', 0.1, weightDecay),
];

const UPDATES = 10;

interface Setup {
  start: ArrayLike<number>;
  gradients: ArrayLike<number>[];
  s?: number;
  /** Of every state before the first update; default 0. */
  state?: number;
  flush?: string;
}

/** p and the states after one update for each of the gradients. */
function run(build: BuildName, rule: Rule, { start, gradients, s = 1, state = 0, flush = '' }: Setup) {
  const n = start.length;
  const sandbox = new Sandbox(build, n * 4 * (gradients.length + 4) + 256);
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const p = sandbox.output('p', start, place('p'));
  const states = Array.from({ length: rule.states }, (_, i) =>
    sandbox.output(`state ${i}`, new Float32Array(n).fill(state), place(`state ${i}`)),
  );
  const gs = gradients.map((gradient, i) => sandbox.input(`g ${i}`, gradient, place(`g ${i}`)));
  sandbox.run((k) => {
    for (const [i, g] of gs.entries()) rule.step(k, [n, p, g], states, s, i + 1);
  });
  return { p: sandbox.read(p, n), states: states.map((at) => sandbox.read(at, n)) };
}

describe.each(rules)('$name', (rule) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 17])('n %i, ten updates', (n) => {
    const next = generator(n);
    const start = rounded(uniform(next, n));
    const gradients = Array.from({ length: UPDATES }, () => rounded(uniform(next, n, 2)));
    for (const s of [1, 0.375]) {
      const reference = rule.reference();
      const params = { w: start.slice() };
      for (const g of gradients) reference.step(params, { w: g.map((v) => v * s) });
      const found = Object.fromEntries(
        builds.map((build) => {
          const label = `${build}, seed ${n}, s ${s}`;
          const guarded = run(build, rule, { start, gradients, s });
          expectClose(guarded.p, params.w, 1e-5, label);
          const names = Array.from({ length: rule.states }, (_, i) => `state ${i}`);
          for (const flush of ['p', 'g 0', ...names]) {
            const { p } = run(build, rule, { start, gradients, s, flush });
            expectSame(p, guarded.p, `${label}, ${flush} last`);
          }
          return [build, guarded];
        }),
      ) as Record<BuildName, ReturnType<typeof run>>;
      expectSame(found.checked.p, found.simd.p, `checked, s ${s}`);
      for (const [i, state] of found.simd.states.entries()) {
        expectSame(found.checked.states[i]!, state, `checked, s ${s}, state ${i}`);
      }
    }
  });

  test.each(builds)('%s: NaN stays where it is', (build) => {
    const gradients = [Float32Array.of(1, Number.NaN, 1, 1, 1, 1, Number.NaN)];
    const { p } = run(build, rule, { start: new Float32Array(7).fill(1), gradients });
    expect([...p].map(Number.isNaN)).toEqual([false, true, false, false, false, false, true]);
  });
});

describe.each(rules.filter((rule) => rule.states > 0))('$name: subnormal state', (rule) => {
  test.each(builds)('%s', (build) => {
    // states at the smallest normal decay below it; squares of 1e-20 are born there
    for (const [state, g] of [
      [2 ** -126, 0],
      [2 ** -130, 0],
      [0, 1e-20],
      [0, -1e-39],
    ] as const) {
      for (const updates of [1, 3]) {
        const gradients = Array.from({ length: updates }, () => new Float32Array(7).fill(g));
        const { p, states } = run(build, rule, { start: new Float32Array(7), gradients, state });
        expect(p.every(Number.isFinite)).toBe(true);
        for (const [i, values] of states.entries()) {
          const label = `state ${i} from ${state}, ${updates} gradients ${g}`;
          expect(subnormals(values), label).toBe(0);
        }
      }
    }
  });
});
