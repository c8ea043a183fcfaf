import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { type KerasModel, loadKeras } from '../../src/keras/index.ts';
import type { NDArray } from '../../src/ndarray.ts';
import { all } from '../keras/all.ts';
import { type Any, seedWeights, values } from './models.ts';

const { layers: L } = tf as Any;

beforeAll(async () => {
  await init({ kernels: 'simd' });
  await (tf as Any).setBackend('cpu');
});

interface Saved {
  readonly modelTopology: object;
  readonly weightSpecs: { name: string; shape: number[]; dtype: string; quantization?: object }[];
  readonly weightData: ArrayBuffer;
}

/** What TF.js writes of a model. */
async function saved(model: Any): Promise<Saved> {
  let found: Saved | undefined;
  const handler = async (artifacts: Saved) => {
    found = artifacts;
    return {};
  };
  await model.save((tf as Any).io.withSaveHandler(handler));
  return found!;
}

/** The files of a model, its weights cut into shards anywhere. */
function filesOf({ modelTopology, weightSpecs, weightData }: Saved, shards = 2): Record<string, Uint8Array> {
  const bytes = new Uint8Array(weightData);
  const paths = Array.from({ length: shards }, (_, i) => `group1-shard${i + 1}of${shards}.bin`);
  const json = {
    format: 'layers-model',
    modelTopology,
    weightsManifest: [{ paths, weights: weightSpecs }],
  };
  const cut = (i: number) => Math.floor((bytes.length * i) / shards);
  return {
    'model.json': new TextEncoder().encode(JSON.stringify(json)),
    ...Object.fromEntries(paths.map((path, i) => [path, bytes.slice(cut(i), cut(i + 1))])),
  };
}

/** Weights as integers, as the converter of TF.js quantizes them, or as 16-bit floats. */
function quantized({ weightSpecs, weightData, ...rest }: Saved, dtype: string): Saved {
  const parts: Uint8Array[] = [];
  let at = 0;
  const specs = weightSpecs.map((spec) => {
    const count = spec.shape.reduce((a, b) => a * b, 1);
    const own = new Float32Array(weightData.slice(at, at + 4 * count));
    at += 4 * count;
    if (dtype === 'float16') {
      // values that both have: multiples of 1/64 below 8
      const halves = Uint16Array.from(own, (value) => halfOf(Math.round(value * 64) / 64));
      parts.push(new Uint8Array(halves.buffer));
      return { ...spec, quantization: { dtype, original_dtype: 'float32' } };
    }
    const min = Math.min(...own);
    const scale = (Math.max(...own) - min) / (dtype === 'uint8' ? 255 : 65535) || 1;
    const rounded = own.map((value) => Math.round((value - min) / scale));
    const ints = dtype === 'uint8' ? Uint8Array.from(rounded) : Uint16Array.from(rounded);
    parts.push(new Uint8Array(ints.buffer));
    return { ...spec, quantization: { dtype, scale, min, original_dtype: 'float32' } };
  });
  const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((to, part) => {
    data.set(part, to);
    return to + part.length;
  }, 0);
  return { ...rest, weightSpecs: specs, weightData: data.buffer };
}

/** Bits of a normal number, or zero, as 16-bit float. */
function halfOf(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!;
  if (value === 0) return 0;
  return ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

function inputOf(shape: readonly (number | null)[], seed: number, vocabulary: number): NDArray {
  const own = [3, ...shape.slice(1).map((size) => size ?? 5)];
  const count = own.reduce((a, b) => a * b, 1);
  const data = Float32Array.from(values(count, seed));
  return { data: vocabulary ? data.map((v) => Math.floor(((v + 1) / 2) * vocabulary)) : data, shape: own };
}

/** The largest difference between what TF.js and our model compute. */
function compare(theirs: Any, ours: KerasModel, vocabulary = 0): number {
  const inputs = ours.kerasInputs.map(({ shape }, i) => inputOf(shape, 40 + i, vocabulary));
  const tensors = inputs.map(({ data, shape }) => (tf as Any).tensor(data, shape));
  const expected = [theirs.predict(tensors.length > 1 ? tensors : tensors[0])].flat() as Any[];
  const names = ours.kerasInputs.map(({ name }) => name);
  const x = inputs.length > 1 ? Object.fromEntries(names.map((name, i) => [name, inputs[i]!])) : inputs[0]!;
  const result = ours.predict(x as never);
  const results =
    expected.length > 1 ? Object.values(result as Record<string, NDArray>) : [result as NDArray];
  let most = 0;
  for (const [i, tensor] of expected.entries()) {
    expect(results[i]!.shape).toEqual(tensor.shape);
    const data = tensor.dataSync() as Float32Array;
    for (let k = 0; k < data.length; k++) most = Math.max(most, Math.abs(data[k]! - results[i]!.data[k]!));
  }
  return most;
}

const sequential = (...layers: Any[]) => (tf as Any).sequential({ layers });
const inputShape = [6, 3];

/** Models with the defaults of TF.js, which are those of Keras 2. */
const MODELS: Record<string, () => Any> = {
  'LSTM with hard sigmoid': () =>
    sequential(
      L.lstm({ units: 4, inputShape, returnSequences: true }),
      L.lstm({ units: 3, unitForgetBias: true }),
    ),
  'GRU with the reset gate before the product': () =>
    sequential(
      L.gru({ units: 4, inputShape, returnSequences: true }),
      L.gru({ units: 3, activation: 'relu' }),
    ),
  'SimpleRNN without bias': () => sequential(L.simpleRNN({ units: 4, inputShape, useBias: false })),
  'Bidirectional, each merge': () =>
    sequential(
      ...['concat', 'sum', 'mul', 'ave'].map((mergeMode, i) =>
        L.bidirectional({
          layer: L.lstm({ units: 3, returnSequences: true }),
          mergeMode,
          ...(i ? {} : { inputShape }),
        }),
      ),
      L.bidirectional({ layer: L.gru({ units: 2 }), mergeMode: 'concat' }),
    ),
  'RNN of cells': () =>
    sequential(
      L.rnn({ cell: L.gruCell({ units: 4 }), inputShape, returnSequences: true }),
      L.rnn({ cell: L.lstmCell({ units: 3, activation: 'sigmoid' }) }),
    ),
  'RNN of several cells': () =>
    sequential(
      L.rnn({ cell: [L.lstmCell({ units: 5 }), L.gruCell({ units: 4 })], inputShape, returnSequences: true }),
      L.rnn({ cell: [L.lstmCell({ units: 3 }), L.lstmCell({ units: 3 }), L.simpleRNNCell({ units: 3 })] }),
    ),
  'GRU backwards': () =>
    sequential(L.gru({ units: 4, inputShape, goBackwards: true, returnSequences: true })),
  'Conv1D, pooling, normalization': () =>
    sequential(
      L.conv1d({ filters: 4, kernelSize: 3, inputShape: [12, 3], padding: 'same', activation: 'relu' }),
      L.maxPooling1d({ poolSize: 2 }),
      L.batchNormalization(),
      L.layerNormalization(),
      L.spatialDropout1d?.({ rate: 0.2 }) ?? L.dropout({ rate: 0.2 }),
      L.lstm({ units: 3, recurrentActivation: 'sigmoid', returnSequences: true }),
      L.timeDistributed({ layer: L.dense({ units: 2, activation: 'hardSigmoid' }) }),
      L.flatten(),
      L.dense({ units: 2 }),
      L.softmax(),
    ),
  autoencoder: () =>
    sequential(
      L.lstm({ units: 4, inputShape }),
      L.repeatVector({ n: 5 }),
      L.lstm({ units: 3, returnSequences: true }),
      L.leakyReLU({ alpha: 0.1 }),
      L.elu(),
      L.globalAveragePooling1d(),
    ),
  'functional with states and two outputs': () => {
    const a = (tf as Any).input({ shape: inputShape, name: 'left' });
    const b = (tf as Any).input({ shape: inputShape, name: 'right' });
    const [y, h, c] = L.lstm({ units: 4, returnSequences: true, returnState: true }).apply(a);
    const z = L.lstm({ units: 4, returnSequences: true }).apply([b, h, c]);
    const dense = L.dense({ units: 3, activation: 'tanh' });
    const added = L.add().apply([dense.apply(y), dense.apply(z)]);
    const outputs = [L.gru({ units: 2 }).apply(added), L.concatenate().apply([y, z])];
    return (tf as Any).model({ inputs: [a, b], outputs });
  },
  nested: () => {
    const inner = sequential(
      L.dense({ units: 4, inputShape: [6, 3], activation: 'relu' }),
      L.batchNormalization(),
    );
    return sequential(inner, L.lstm({ units: 3 }));
  },
};

describe('models that TF.js writes compute what TF.js computes', () => {
  test.each(Object.entries(MODELS))('%s', async (_, make) => {
    const theirs = make();
    seedWeights(theirs);
    // a variance is positive
    for (const weight of theirs.weights) {
      if (/variance/.test(weight.name)) weight.val.assign((tf as Any).ones(weight.shape));
    }
    const ours = await loadKeras(filesOf(await saved(theirs)), all);
    expect(compare(theirs, ours)).toBeLessThan(1e-5);
  });

  test('Embedding with indices', async () => {
    const theirs = sequential(
      L.embedding({ inputDim: 9, outputDim: 4, inputLength: 5 }),
      L.bidirectional({ layer: L.lstm({ units: 3 }), mergeMode: 'concat' }),
      L.dense({ units: 2, activation: 'sigmoid' }),
    );
    seedWeights(theirs);
    expect(compare(theirs, await loadKeras(filesOf(await saved(theirs), 1), all), 9)).toBeLessThan(1e-5);
  });

  test.each(['uint8', 'uint16', 'float16'])('weights of %s', async (dtype) => {
    const model = sequential(L.lstm({ units: 4, inputShape }), L.dense({ units: 2 }));
    seedWeights(model);
    const own = quantized(await saved(model), dtype);
    const theirs = await (tf as Any).loadLayersModel((tf as Any).io.fromMemory(own));
    expect(compare(theirs, await loadKeras(filesOf(own, 3), all))).toBeLessThan(1e-5);
  });
});
