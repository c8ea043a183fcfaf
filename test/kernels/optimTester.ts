import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { type BuildName, type Placement, Sandbox } from './sandbox.ts';

interface Blocks {
  readonly n: number;
  readonly parameters: number;
  readonly gradients: number;
  readonly slots: readonly number[];
}

/** What updates parameters by calls of kernels. */
interface Rule {
  readonly slots: readonly unknown[];
  step(kernels: KernelCalls, blocks: Blocks, scale: number): void;
}

export interface Setup {
  readonly start: ArrayLike<number>;
  readonly gradients: readonly ArrayLike<number>[];
  /** Of the gradients; default 1. */
  readonly scale?: number;
  /** Of every state before the first update; default 0. */
  readonly state?: number;
  readonly flush?: string;
}

/** p and the states after one update for each of the gradients. */
export function updated(
  build: BuildName,
  optimizer: Rule,
  { start, gradients, scale = 1, state = 0, flush = '' }: Setup,
) {
  const n = start.length;
  const sandbox = new Sandbox(build, n * 4 * (gradients.length + 4) + 256);
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const p = sandbox.output('p', start, place('p'));
  const slots = optimizer.slots.map((_, i) =>
    sandbox.output(`state ${i}`, new Float32Array(n).fill(state), place(`state ${i}`)),
  );
  const inputs = gradients.map((gradient, i) => sandbox.input(`g ${i}`, gradient, place(`g ${i}`)));
  sandbox.run((k) => {
    for (const g of inputs) optimizer.step(k, { n, parameters: p, gradients: g, slots }, scale);
  });
  return { p: sandbox.read(p, n), states: slots.map((at) => sandbox.read(at, n)) };
}
