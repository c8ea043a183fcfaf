import { describe, expect, test } from 'vitest';
import { AdamW, cosineLR, crossEntropy, Trainer } from '../../src/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { readCases } from '../onnx/cases.ts';
import { FLAT, garbage, growth, language, measured, OBJECT, V } from './heap.ts';

describe('the JavaScript heap', () => {
  measured();

  test('would show a leak of 1 kB a call', () => {
    const kept: unknown[] = [];
    expect(growth(1000, () => kept.push(new Array(128).fill(1.5)))).toBeGreaterThan(FLAT);
  });

  test('would show garbage: an array of 128 numbers, and a single number', () => {
    let last: unknown;
    const array = () => {
      last = new Array(128).fill(1.5);
    };
    expect(garbage(3, 1000, array)).toBeGreaterThan(1000);
    const boxes = [{ value: 0.5 }];
    const number = (i: number) => {
      boxes[0] = { value: i + 0.5 };
    };
    expect(garbage(3, 100_000, number)).toBeGreaterThanOrEqual(OBJECT);
    expect(last).toBeDefined();
  });

  test('stays flat over 1000 training steps', () => {
    const model = language();
    const trainer = new Trainer(model, {
      loss: crossEntropy,
      optimizer: new AdamW(),
      clipNorm: 1,
      schedule: cosineLR({ steps: 1000 }),
      carryState: true,
    });
    const x = { data: Int32Array.from({ length: 40 }, (_, i) => i % V), shape: [10, 4] };
    expect(growth(1000, () => trainer.step(x, x))).toBeLessThan(FLAT);
  });

  test('a model disposed gives its WebAssembly memory back, though it is still held', async () => {
    const model = language();
    model.forward([1, 2, 3], { training: true });
    model.stream().dispose();
    const memory = new WeakRef(model.network.arena.f32.buffer);
    model.dispose();
    for (let i = 0; i < 100 && memory.deref(); i++) {
      // a WeakRef holds what it refers to until the task ends
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.gc!();
    }
    expect(memory.deref()).toBeUndefined();
    expect(model.layers.length).toBe(5);
  });

  test('100,000 steps of a stream leave no garbage', () => {
    const stream = language().stream();
    expect(garbage(10, 100_000, (i) => stream.step(i % V))).toBeLessThan(OBJECT / 2);
  });

  test('runs of an ONNX model with given outputs leave no garbage', async () => {
    const { model, inputs } = (await readCases('models')).find(({ name }) => name === 'torch-lstm')!;
    const session = await loadOnnx(model);
    const feeds = { [session.inputs[0]!.name]: inputs[0]! };
    const again = { outputs: session.run(feeds) };
    // 860 bytes with an array and a closure per call
    expect(garbage(10, 1500, () => session.run(feeds, again))).toBeLessThan(64);
    session.dispose();
  });
});
