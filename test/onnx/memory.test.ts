import { beforeAll, describe, expect, test } from 'vitest';
import { readOnnx } from '../../src/formats/onnx/read.ts';
import { init } from '../../src/index.ts';
import { SessionMemory } from '../../src/onnxSession/memory.ts';
import { Plan } from '../../src/onnxSession/plan.ts';
import { Planner } from '../../src/onnxSession/planner.ts';
import type { Value } from '../../src/onnxSession/value.ts';
import { type Fields, model, port } from './encode.ts';
import { ALL } from './sessionOf.ts';

beforeAll(async () => {
  await init();
});

/** What is planned of a model of x [2] with one output, y. */
function planned(fields: Fields) {
  const file = readOnnx(model({ input: [port('x', [2])], output: [port('y')], ...fields }));
  const memory = new SessionMemory();
  const planner = new Planner(file, ALL, memory);
  const x: Value = { dtype: 1, shape: [2], size: 2 };
  const [y] = planner.model(new Map([['x', x]]));
  const plan = new Plan(memory, new Map([['x', x]]), new Map([['y', y!]]), planner.steps);
  return { memory, planner, plan, y: y! };
}

const ints = (name: string, ...int64Data: number[]): Fields => ({
  name,
  dims: [int64Data.length],
  dataType: 7,
  int64Data,
});

describe('memory of a session', () => {
  test('is taken by the first run, whatever sizes a file says', () => {
    const SIZE = 2 ** 23;
    const { memory, plan, y } = planned({
      node: [
        { opType: 'ConstantOfShape', input: ['s'], output: ['c'] },
        { opType: 'Gather', input: ['x', 'i'], output: ['first'] },
        { opType: 'Add', input: ['c', 'first'], output: ['y'] },
      ],
      initializer: [ints('s', SIZE), ints('i', 1)],
    });
    expect(y.size).toBe(SIZE);
    expect(memory.arena.f32.byteLength).toBeLessThan(2 ** 20);
    plan.view(plan.inputs[0]!.value).set([3, 4]);
    plan.run(true);
    expect(memory.arena.f32.byteLength).toBeGreaterThan(2 * 4 * SIZE);
    const view = plan.view(y);
    expect([view[0], view.at(-1)]).toEqual([4, 4]);
    memory.arena.dispose();
  });

  test.each([
    ['Pad', { opType: 'Pad', input: ['x', 's'], output: ['y'] }, ints('s', 0, 2 ** 24)],
    ['Dropout', { opType: 'Dropout', input: ['big'], output: ['', 'y'] }, ints('s', 2 ** 23)],
  ])('%s: no table before a run', (_, node, size) => {
    const [{ memory, y }, bytes] = counted(() =>
      planned({
        node: [{ opType: 'Expand', input: ['x1', 's'], output: ['big'] }, node],
        initializer: [size, { name: 'x1', dims: [1], dataType: 1, floatData: [1] }],
      }),
    );
    expect(bytes).toBeLessThan(2 ** 20);
    expect(y.size).toBeGreaterThan(2 ** 22);
    memory.arena.dispose();
  });

  test('constants of constants are computed before a run as far as they stay small compared with the file', () => {
    const DOUBLED = 26;
    const name = (i: number) => (i ? `c${i}` : 'c');
    const { memory, planner, y } = planned({
      node: [
        ...Array.from({ length: DOUBLED }, (_, i) => ({
          opType: 'Concat',
          input: [name(i), name(i)],
          output: [name(i + 1)],
          attribute: [{ name: 'axis', type: 2, i: 0 }],
        })),
        { opType: 'Identity', input: [name(DOUBLED)], output: ['y'] },
      ],
      initializer: [{ name: 'c', dims: [2], dataType: 1, floatData: [1, 2] }],
    });
    expect(y.size).toBe(2 ** (DOUBLED + 1));
    // 2^20 elements: sums of 128 to 2^19, then a step each
    expect(planner.steps.map(({ outputs }) => outputs[0]!.size)).toEqual([
      ...[20, 21, 22, 23, 24, 25, 26, 27].map((n) => 2 ** n),
    ]);
    expect(memory.arena.f32.byteLength).toBeLessThan(2 ** 24);
    memory.arena.dispose();
  });

  test('small parts of a large constant are computed before a run as long as not too much is read for them', () => {
    const PARTS = 200;
    const SIZE = 2 ** 18;
    const part = (i: number) => ({ opType: 'Slice', input: ['w', 'zero', 'two'], output: [`p${i}`] });
    const parts = Array.from({ length: PARTS }, (_, i) => part(i));
    const { memory, planner } = planned({
      node: [
        ...parts,
        { opType: 'Sum', input: [...parts.map(({ output }) => output[0]!), 'x'], output: ['y'] },
      ],
      initializer: [
        { name: 'w', dims: [SIZE], dataType: 1, rawData: new Uint8Array(4 * SIZE) },
        ...[ints('zero', 0), ints('two', 2)],
      ],
    });
    // 16 times 2^20 elements and the bytes of the file
    const read = Math.floor((16 * (2 ** 20 + 4 * SIZE)) / SIZE);
    expect(planner.steps.length).toBeLessThanOrEqual(PARTS + 1 - read);
    expect(planner.steps.length).toBeGreaterThan(PARTS + 1 - read - 4);
    memory.arena.dispose();
  });
});

/** What `make` gives, and bytes of the typed arrays that it made by their length. */
function counted<T>(make: () => T): [T, number] {
  const { Int32Array: Ints, Float32Array: Floats } = globalThis;
  let bytes = 0;
  const counting = <A extends typeof Ints | typeof Floats>(own: A): A =>
    new Proxy(own, {
      construct(target, args: [number], as) {
        if (typeof args[0] === 'number') bytes += 4 * args[0];
        return Reflect.construct(target, args, as) as object;
      },
    });
  globalThis.Int32Array = counting(Ints);
  globalThis.Float32Array = counting(Floats);
  try {
    const made = make();
    return [made, bytes];
  } finally {
    globalThis.Int32Array = Ints;
    globalThis.Float32Array = Floats;
  }
}
