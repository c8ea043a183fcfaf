import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** What a program of this folder writes. One that hangs is ended. */
export function output(name: string, args: readonly number[], timeout: number) {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const argv = ['--expose-gc', file, ...args.map(String)];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, argv, { timeout });
  expect({ status, signal }, `${stderr}`).toEqual({ status: 0, signal: null });
  return JSON.parse(`${stdout}`);
}

interface Trained {
  readonly joined: boolean;
  readonly rejoined: boolean;
  readonly losses: readonly number[];
  readonly weights: string;
  readonly refused: string | false;
  readonly unchanged: boolean;
}

/** Threads end in the middle of kernels, among them these calls of a training step: 0 to 2 forward, 3 to 5 backward. */
export function expectSameBits(calls: readonly number[]): void {
  const { 1: one, 3: three } = output('ended.mjs', calls, 150_000);
  expect(three.forward).toEqual({ ...one.forward, joined: true });
  expect(three.stream).toEqual({ ...one.stream, joined: true });
  expect(three.late).toEqual({ ...one.late, joined: true });
  for (const call of calls) {
    const { joined, rejoined, refused, unchanged, losses, weights }: Trained = three.train[call];
    expect([joined, rejoined], `${call}`).toEqual([true, true]);
    const { [call]: expected } = one.train;
    expect({ losses, weights }, `${call}`).toEqual({ losses: expected.losses, weights: expected.weights });
    // gradients that are added to can't be made again
    if (call < 3) expect(refused, `${call}`).toBe(false);
    else {
      expect(refused, `${call}`).toMatch(/^StateError: .*thread ended/);
      expect(unchanged, `${call}`).toBe(true);
    }
  }
}
