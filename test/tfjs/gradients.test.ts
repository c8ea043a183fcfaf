import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Any, installed, kernelRuns, seedWeights, tensor } from './models.ts';

const { layers } = tf;

/** Numbers of all tensors, one after the other. */
function numbers(tensors: Any): number[] {
  return [tensors].flat().flatMap((t: Any) => [...t.dataSync()]);
}

/** f without and with `install`: the same numbers. */
async function same(f: () => Any): Promise<void> {
  const plain = numbers(f());
  const fused = await installed(() => numbers(f()));
  expect(plain.length).toBeGreaterThan(0);
  expect(Math.max(...plain.map(Math.abs))).toBeGreaterThan(1e-4);
  for (const [i, value] of plain.entries()) expect(Math.abs(value - fused[i]!)).toBeLessThan(1e-5);
}

/** A mask [B, T] of rows of 0s and 1s. */
function maskOf(...rows: string[]): Any {
  const steps = rows.map((row) => [...row].map(Number));
  return tf.tensor(steps, undefined, 'bool');
}

describe.each(['lstm', 'gru', 'simpleRNN'])('gradients of %s', (kind) => {
  beforeAll(() => tf.setBackend('cpu'));
  const x = () => tensor([3, 5, 2], 1);

  function built(options: object = {}): Any {
    const layer = layers[kind]({ units: 4, ...options });
    layer.apply(x());
    seedWeights(layer);
    return layer;
  }

  test('by the input', () =>
    same(() => {
      const layer = built({ returnSequences: true, goBackwards: true });
      return tf.grad((z: Any) => tf.sum(tf.square(layer.apply(z))))(x());
    }));

  test.each([
    [false, undefined],
    [false, ['11111', '11111', '11111']],
    [true, ['11111', '11111', '11110']],
  ])('by the input and by the weights, goBackwards %j, mask %j', (goBackwards, rows) =>
    same(() => {
      const layer = built({ returnSequences: true, goBackwards });
      const mask = rows && maskOf(...rows);
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(layer.call(x(), { mask }))));
      const dx = tf.grad((z: Any) => tf.sum(tf.square(layer.call(z, { mask }))))(x());
      return [value, dx, ...Object.values(grads)];
    }),
  );

  test('by the input only, of a masked layer', () =>
    same(() => {
      const layer = built({ returnSequences: true });
      const mask = maskOf('10110', '00000', '01111');
      return tf.grad((z: Any) => tf.sum(tf.square(layer.call(z, { mask }))))(x());
    }));

  test('by initial states, through all outputs', () =>
    same(() => {
      const layer = built({ returnSequences: true, returnState: true });
      const states = Array.from({ length: kind === 'lstm' ? 2 : 1 }, (_, i) => tensor([3, 4], 7 + i));
      const mask = maskOf('01110', '00000', '11111');
      const f = (z: Any, ...initialState: Any[]) => {
        const outputs = layer.call(z, { initialState, mask });
        return tf.addN(outputs.map((out: Any, i: number) => tf.sum(tf.mul(i + 1, tf.square(out)))));
      };
      return tf.grads(f)([x(), ...states]);
    }));

  test('by one state only', () =>
    same(() => {
      const layer = built();
      const states = Array.from({ length: kind === 'lstm' ? 2 : 1 }, (_, i) => tensor([3, 4], 7 + i));
      const last = states.length - 1;
      return tf.grad((s: Any) => tf.sum(layer.call(x(), { initialState: [...states.slice(0, last), s] })))(
        states[last],
      );
    }));

  test('of two calls before one backward pass', () =>
    same(() => {
      const layer = built();
      return tf.grad((z: Any) => tf.sum(tf.mul(layer.apply(z), layer.apply(tf.mul(z, 2)))))(x());
    }));

  test('where the layer is not part of the loss', () =>
    same(() => {
      const layer = built();
      return tf.grad((z: Any) => {
        layer.apply(z);
        return tf.sum(tf.square(z));
      })(x());
    }));

  test('inside another tape run the code of TF.js', () =>
    installed(async () => {
      const layer = built();
      const inner = tf.grad((z: Any) => tf.sum(layer.apply(z)));
      const runs = await kernelRuns(() => {
        tf.grad((z: Any) => {
          inner(z);
          return tf.sum(z);
        })(x());
      });
      expect(runs).toBe(0);
    }));

  test('after a value was assigned to the weights are those of the new value', () =>
    same(() => {
      const layer = built();
      const before = layer.apply(x());
      seedWeights(layer, 9);
      const after = layer.apply(x());
      layer.cell.kernel.read().assign(tf.zeros(layer.cell.kernel.shape));
      return [before, after, layer.apply(x())];
    }));
});

describe('masks of dropout', () => {
  beforeAll(() => tf.setBackend('cpu'));

  test('of another shape, which TF.js broadcasts', () =>
    same(() => {
      const dropoutFunc = () => tf.tensor([[0.5, 2]], [1, 2]);
      const layer = layers.lstm({ units: 2, dropout: 0.5, recurrentDropout: 0.5, dropoutFunc });
      layer.apply(tensor([3, 4, 2], 1));
      seedWeights(layer);
      return tf.grad((z: Any) => tf.sum(tf.square(layer.call(z, { training: true }))))(tensor([3, 4, 2], 1));
    }));

  test('that cells in rnn have kept, for the same batch', () =>
    same(() => {
      const ones = (_: Any, rate: number) => tf.fill([3, 2], rate * 3);
      const cell = layers.gruCell({ units: 2, dropout: 0.5, recurrentDropout: 0.4, dropoutFunc: ones });
      const layer = layers.rnn({ cell });
      const x = tensor([3, 4, 2], 1);
      layer.apply(x);
      seedWeights(layer);
      cell.dropoutMask = null;
      cell.recurrentDropoutMask = null;
      // TF.js keeps the masks of the first call, whether it trains or not
      return [layer.call(x, { training: true }), layer.call(x, { training: false })];
    }));
});

describe('TF.js reports the errors', () => {
  beforeAll(() => tf.setBackend('cpu'));

  const message = (f: () => unknown) => {
    try {
      f();
    } catch (error) {
      return String((error as Error).message);
    }
    return '';
  };

  test.each([
    ['an input of another size', () => layers.lstm({ units: 2, name: 'one' }).apply(tf.zeros([1, 3]))],
    [
      'a mask that a cell in rnn has kept from another batch',
      () => {
        const layer = layers.rnn({
          cell: layers.lstmCell({ units: 2, dropout: 0.5, recurrentDropout: 0.5 }),
        });
        layer.apply(tf.zeros([2, 3, 2]), { training: true });
        layer.apply(tf.zeros([4, 3, 2]), { training: true });
      },
    ],
    [
      'a state of another size',
      () =>
        layers
          .gru({ units: 2, name: 'one' })
          .apply(tf.zeros([1, 3, 2]), { initialState: [tf.zeros([1, 5])] }),
    ],
    [
      'too many states',
      () =>
        layers
          .gru({ units: 2 })
          .apply(tf.zeros([1, 3, 2]), { initialState: [tf.zeros([1, 2]), tf.zeros([1, 2])] }),
    ],
  ])('%s', async (_, f) => {
    const plain = message(f);
    expect(plain).not.toBe('');
    expect(await installed(() => message(f))).toBe(plain);
  });
});

test('a gradient of a gradient through a layer called before it is refused', () =>
  installed(() => {
    const layer = layers.simpleRNN({ units: 2 });
    const x = tensor([1, 3, 2], 1);
    const outer = (z: Any) => {
      const y = layer.apply(z).square().sum();
      return tf
        .grad(() => y)(z)
        .square()
        .sum()
        .add(z.sum());
    };
    expect(() => tf.grad(outer)(x)).toThrow(/of the function that calls it/);
    // within it TF.js's own code runs
    const inner = tf.grad((z: Any) => layer.apply(z).square().sum());
    const both = tf.grad((z: Any) => inner(z).square().sum());
    expect(numbers(both(x)).every(Number.isFinite)).toBe(true);
  }));
