import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ArgumentError, explain, install, StateError } from '../../src/tfjs/index.ts';
import { type Any, installed, kernelRuns, stack, tensor } from './models.ts';

const { layers } = tf;

function model(): Any {
  return stack([layers.lstm({ units: 3, inputShape: [4, 2] })]);
}

/** What `f` throws. */
async function thrown(f: () => Promise<unknown>): Promise<Any> {
  try {
    await f();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('install', () => {
  beforeAll(() => tf.setBackend('cpu'));
  afterEach(() => vi.restoreAllMocks());

  test('is undone by what it returns', async () => {
    const call = tf.RNN.prototype.call;
    const made = model();
    const x = tensor([2, 4, 2], 1);
    const uninstall = await install(tf);
    expect(await kernelRuns(() => made.predict(x))).toBe(1);
    uninstall();
    uninstall();
    expect(tf.RNN.prototype.call).toBe(call);
    expect(await kernelRuns(() => made.predict(x))).toBe(0);
    expect(tf.getKernel('UnrolledRecurrent', 'cpu')).toBeUndefined();
    await installed(async () => expect(await kernelRuns(() => made.predict(x))).toBe(1));
  });

  test('twice is refused, and the first one stays', () =>
    installed(async () => {
      expect(await thrown(() => install(tf))).toBeInstanceOf(StateError);
      const both = await Promise.allSettled([install(tf), install(tf)]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(await kernelRuns(() => model().predict(tensor([2, 4, 2], 1)))).toBe(1);
    }));

  test('of two calls at the same time one is refused', async () => {
    const both = await Promise.allSettled([install(tf), install(tf)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const result of both) if (result.status === 'fulfilled') result.value();
  });

  test.each([
    ['nothing', undefined, 'tf'],
    ['a number', 5, 'tf'],
    ['an object that is not TF.js', {}, 'tf'],
    ['TF.js without layers', { ...tf, RNN: undefined, layers: undefined }, 'tf'],
  ])('%s instead of TF.js is refused', async (_, given, argument) => {
    const error = await thrown(() => install(given as Any));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.argument).toBe(argument);
  });

  test('TF.js without layers is told by name', async () => {
    const error = await thrown(() => install({ ...tf, RNN: undefined, layers: undefined } as Any));
    expect(error.message).toContain('tfjs-layers');
  });

  test('an unknown option is refused', async () => {
    const error = await thrown(() => install(tf, { kernel: 'simd' } as Any));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message).toContain("'kernels'");
  });

  test('a TF.js without a backend is refused', async () => {
    const engine = { ...tf.engine(), backendNames: () => [] };
    const error = await thrown(() => install({ ...tf, engine: () => engine } as Any));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toContain('backend');
  });

  test('another version than the tested one is named in a warning', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    (await install(tf))();
    expect(warn).not.toHaveBeenCalled();
    (await install({ ...tf, version_layers: '4.21.0' }))();
    expect(warn.mock.calls.flat().join()).toContain('4.21.0');
  });

  test.each([
    [undefined, 1],
    [false, 1],
    [true, 0],
  ])('backend: %s on webgl warns %i times', async (backend, times) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const uninstall = await install({ ...tf, getBackend: () => 'webgl' } as Any, { backend });
    uninstall();
    expect(warn).toHaveBeenCalledTimes(times);
  });

  test.each(['webgl', 'webgpu'])('the backend %s is named in a warning', async (backend) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    (await install({ ...tf, getBackend: () => backend }))();
    expect(warn.mock.calls.flat().join()).toContain(backend);
  });

  test('the names of layers that are made later do not change', async () => {
    const name = () => layers.lstm({ units: 1 }).name as string;
    const number = (of: string) => Number(/\d+$/.exec(of)![0]);
    const before = number(name());
    (await install(tf))();
    expect(number(name())).toBe(before + 1);
  });

  test('what others have put around it stays, and runs the code of TF.js after it is undone', async () => {
    const original = tf.RNN.prototype.call;
    const uninstall = await install(tf);
    const ours = tf.RNN.prototype.call;
    let calls = 0;
    tf.RNN.prototype.call = function (this: unknown, ...args: unknown[]) {
      calls++;
      return ours.apply(this, args);
    };
    uninstall();
    const made = model();
    const x = tensor([2, 4, 2], 1);
    expect(await kernelRuns(() => made.predict(x))).toBe(0);
    expect(calls).toBe(1);
    tf.RNN.prototype.call = original;
  });

  test('a backend that is registered later has the kernel, too', () =>
    installed(async () => {
      tf.registerBackend('later', () => new (tf.engine().findBackend('cpu').constructor)());
      tf.copyRegisteredKernels('cpu', 'later');
      tf.unregisterKernel('UnrolledRecurrent', 'later');
      await tf.setBackend('later');
      expect(await kernelRuns(() => model().predict(tensor([2, 4, 2], 1)))).toBe(1);
      await tf.setBackend('cpu');
    }));
});

describe('explain', () => {
  beforeAll(() => tf.setBackend('cpu'));

  test('before install is refused', () => {
    expect(() => explain(model())).toThrow(StateError);
  });

  test('what is not a model is refused', () =>
    installed(() => {
      for (const bad of [undefined, null, 5, {}]) expect(() => explain(bad as Any)).toThrow(ArgumentError);
    }));

  test('tells which layers are fused, and why others are not', () =>
    installed(() => {
      const cellClass = layers.simpleRNNCell({ units: 1 }).constructor as new (args: object) => Any;
      const layerClass = layers.lstm({ units: 1 }).constructor as new (args: object) => Any;
      class OwnCell extends cellClass {
        static className = 'OwnCell';
      }
      class OwnLSTM extends layerClass {
        static className = 'OwnLSTM';
      }
      const made = tf.sequential({
        layers: [
          layers.bidirectional({
            layer: layers.lstm({ units: 2, returnSequences: true, name: 'a' }),
            inputShape: [4, 2],
            name: 'b',
          }),
          layers.rnn({
            cell: [layers.gruCell({ units: 2 }), layers.lstmCell({ units: 2 })],
            returnSequences: true,
            name: 'cells',
          }),
          layers.rnn({ cell: new OwnCell({ units: 2 }), returnSequences: true, name: 'own' }),
          new OwnLSTM({ units: 2, returnSequences: true, name: 'derived' }),
          layers.gru({ units: 2, activation: 'softmax', returnSequences: true, name: 'softmax' }),
          layers.timeDistributed({ layer: layers.dense({ units: 2, name: 'inner' }), name: 'each' }),
        ],
      });
      const rows = explain(made);
      expect(Object.fromEntries(rows.map(({ name, fused }) => [name, fused]))).toEqual({
        'b/forward_a': true,
        'b/backward_a': true,
        cells: true,
        own: false,
        derived: false,
        softmax: false,
        'each/inner': false,
      });
      const reason = Object.fromEntries(rows.map(({ name, reason }) => [name, reason]));
      expect(reason.cells).toBe('');
      expect(reason.own).toContain('OwnCell');
      expect(reason.derived).toContain('OwnLSTM');
      expect(reason.softmax).toContain('softmax');
      expect(reason['each/inner']).toContain('not a recurrent');
    }));

  test('what is not fused runs the code of TF.js', () =>
    installed(async () => {
      const x = tensor([2, 4, 2], 1);
      const cell = layers.lstmCell({ units: 2 });
      cell.call = Object.getPrototypeOf(cell).call.bind(cell);
      const replaced = layers.rnn({ cell });
      expect(await kernelRuns(() => replaced.apply(x))).toBe(0);
      expect(explain(replaced)[0]!.reason).toContain('replaced');
      const conv = layers.convLstm2d({ filters: 1, kernelSize: 2, inputShape: [2, 3, 3, 1] });
      expect(await kernelRuns(() => conv.apply(tensor([1, 2, 3, 3, 1], 2)))).toBe(0);
    }));
});
