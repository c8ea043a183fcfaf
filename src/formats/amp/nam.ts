import { floats } from '../../allocate.ts';
import type { AmpDescription } from './description.ts';
import { bad, isObject, type Json, metadataOf, numbersOf, sizeOf } from './numbers.ts';

/**
 * A model of Neural Amp Modeler (.nam) of architecture LSTM: a flat list of weights, per stacked layer the matrix
 * [4H, in + H] in the order i f g o, the sum of both biases, the initial h and c; then the head.
 * Layout: NAM/lstm.cpp of sdatkinson/NeuralAmpModelerCore.
 */
export function readNam(json: Json): AmpDescription {
  const { architecture, config, weights, metadata, sample_rate: rate } = json;
  if (architecture !== 'LSTM')
    throw bad(`architecture ${JSON.stringify(architecture)?.slice(0, 60)} of a .nam file, expected "LSTM"`);
  if (!isObject(config)) throw bad('config: expected an object');
  const I = sizeOf('config.input_size', config.input_size);
  const H = sizeOf('config.hidden_size', config.hidden_size);
  const L = sizeOf('config.num_layers', config.num_layers);
  const { data } = numbersOf('weights', Array.isArray(weights) ? weights : undefined);
  const expected = 4 * H * (I + H) + 6 * H + (L - 1) * (8 * H * H + 6 * H) + H + 1;
  if (data.length !== expected)
    throw bad(`weights: expected ${expected} numbers for sizes ${I}, ${H}, ${L}, got ${data.length}`);
  let at = 0;
  const take = (length: number) => data.slice(at, (at += length));
  const parameters: Record<string, { shape: number[]; data: Float32Array<ArrayBuffer> }> = {};
  const states: Record<string, Float32Array<ArrayBuffer>> = {};
  for (let layer = 0; layer < L; layer++) {
    const size = layer ? H : I;
    const [ih, hh] = [floats(4 * H * size), floats(4 * H * H)];
    for (let row = 0; row < 4 * H; row++) {
      ih.set(take(size), row * size);
      hh.set(take(H), row * H);
    }
    parameters[`weight_ih_l${layer}`] = { shape: [4 * H, size], data: ih };
    parameters[`weight_hh_l${layer}`] = { shape: [4 * H, H], data: hh };
    parameters[`bias_ih_l${layer}`] = { shape: [4 * H], data: take(4 * H) };
    parameters[`bias_hh_l${layer}`] = { shape: [4 * H], data: floats(4 * H) };
    states[`0.h_l${layer}`] = take(H);
    states[`0.c_l${layer}`] = take(H);
  }
  const head = { weight: { shape: [1, H], data: take(H) }, bias: { shape: [1], data: take(1) } };
  return {
    format: 'NAM',
    inputSize: I,
    skip: 0,
    layers: [
      { type: 'LSTM', config: { inputSize: I, hiddenSize: H, numLayers: L }, parameters },
      { type: 'Linear', config: { inFeatures: H, outFeatures: 1 }, parameters: head },
    ],
    states,
    sampleRate: typeof rate === 'number' && rate > 0 ? rate : undefined,
    metadata: isObject(metadata) ? metadataOf(metadata) : {},
  };
}
