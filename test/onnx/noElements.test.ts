import { beforeAll, expect, test } from 'vitest';
import { readOnnx } from '../../src/formats/onnx/read.ts';
import { init, UnrolledError } from '../../src/index.ts';
import { OnnxSession } from '../../src/onnxSession/session.ts';
import { some } from '../thorough.ts';
import { readCases, runCase } from './cases.ts';
import { model, port } from './encode.ts';
import { ALL } from './sessionOf.ts';

beforeAll(async () => {
  await init();
});

type Shapes = readonly (readonly number[])[];

/** Loads a file with these shapes of its inputs, and runs it on ones. */
function run(bytes: Uint8Array, shapes: Shapes) {
  const file = readOnnx(bytes);
  const given = file.graph.inputs.map(({ name }, i) => [name, [...shapes[i]!]] as const);
  const session = new OnnxSession(file, { shapes: Object.fromEntries(given), operators: ALL });
  try {
    const feeds = given.map(([name, shape]) => {
      return [name, { shape, data: new Array(shape.reduce((a, b) => a * b, 1)).fill(1) }] as const;
    });
    return session.run(Object.fromEntries(feeds));
  } finally {
    session.dispose();
  }
}

test.each(['Softmax', 'LogSoftmax'])('%s along an axis of no elements gives none', (opType) => {
  for (const version of [11, 13]) {
    const node = { opType, input: ['x'], output: ['y'], attribute: [{ name: 'axis', i: 1, type: 2 }] };
    const graph = { node: [node], input: [port('x')], output: [port('y')] };
    const { y } = run(model(graph, { opsetImport: [{ version }] }), [[3, 0, 5]]);
    expect(y).toMatchObject({ shape: [3, 0, 5], data: new Float32Array(0) });
  }
});

/** Shapes in which one size is 0, everywhere or in one place, and those in which all are. */
function* without(shapes: Shapes): Iterable<Shapes> {
  yield shapes.map((shape) => shape.map(() => 0));
  for (const [i, shape] of shapes.entries()) {
    for (const [d, size] of shape.entries()) {
      yield shapes.map((own) => own.map((n) => (n === size ? 0 : n)));
      yield shapes.map((own, j) => (j === i ? own.map((n, k) => (k === d ? 0 : n)) : own));
    }
  }
}

const cases = (
  await Promise.all(['contributed', 'lengths', 'loops', 'matrix', 'node'].map(readCases))
).flat();

test('operators run on inputs without elements, or refuse them', () => {
  let ran = 0;
  for (const { name, model, inputs } of some(cases, 40)) {
    for (const shapes of without(inputs.map(({ shape }) => shape))) {
      try {
        run(model, shapes);
        ran++;
      } catch (error) {
        if (!(error instanceof UnrolledError))
          throw new Error(`${name} ${JSON.stringify(shapes)}`, { cause: error });
      }
    }
  }
  expect(ran).toBeGreaterThan(50);
});

test('operators run without one of their inputs, or name the one that is missing', () => {
  // opset 1 is refused
  const read = cases.filter(({ name }) => !name.startsWith('not_'));
  for (const { name, model, inputs } of some(read, 20)) {
    const file = readOnnx(model);
    for (const node of file.graph.nodes as readonly { inputs: readonly string[] }[]) {
      const all = node.inputs;
      for (const given of all.flatMap((_, i) => [all.slice(0, i), all.with(i, '')])) {
        node.inputs = given;
        let session: OnnxSession | undefined;
        try {
          session = new OnnxSession(file, { operators: ALL });
          runCase(session, { name, model, inputs, outputs: [] });
        } catch (error) {
          if (!(error instanceof UnrolledError) || error.cause)
            throw new Error(`${name} [${given}]`, { cause: error });
        } finally {
          session?.dispose();
        }
      }
      node.inputs = all;
    }
  }
});
