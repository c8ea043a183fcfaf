import { options } from '../check.ts';
import { FormatError, UnrolledError } from '../errors.ts';
import { Dropout } from '../layers/dropout.ts';
import { Embedding } from '../layers/embedding.ts';
import { GRU } from '../layers/gru.ts';
import { IndRNN } from '../layers/indRNN.ts';
import { LastStep } from '../layers/last.ts';
import type { Layer } from '../layers/layer.ts';
import { Linear } from '../layers/linear.ts';
import { LSTM } from '../layers/lstm.ts';
import { MinGRU } from '../layers/minGRU.ts';
import { MinLSTM } from '../layers/minLSTM.ts';
import { RNN } from '../layers/rnn.ts';
import { SRU } from '../layers/sru.ts';

/** A layer as a saved model describes it: its type and what `config()` gave. */
export interface LayerConfig {
  /** Name of the class. */
  readonly type: string;
  readonly [option: string]: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: what a file says is checked by the constructors
const makers: Record<string, (config: any) => Layer> = {
  Embedding: ({ numEmbeddings, embeddingDim, ...rest }) => new Embedding(numEmbeddings, embeddingDim, rest),
  Linear: ({ inFeatures, outFeatures, ...rest }) => new Linear(inFeatures, outFeatures, rest),
  Dropout: ({ p, ...rest }) => {
    options('Dropout', rest, ['p']);
    return new Dropout(p);
  },
  LastStep: (rest) => {
    options('LastStep', rest, []);
    return new LastStep();
  },
  RNN: ({ inputSize, hiddenSize, ...rest }) => new RNN(inputSize, hiddenSize, rest),
  LSTM: ({ inputSize, hiddenSize, ...rest }) => new LSTM(inputSize, hiddenSize, rest),
  GRU: ({ inputSize, hiddenSize, ...rest }) => new GRU(inputSize, hiddenSize, rest),
  MinGRU: ({ inputSize, hiddenSize, ...rest }) => new MinGRU(inputSize, hiddenSize, rest),
  MinLSTM: ({ inputSize, hiddenSize, ...rest }) => new MinLSTM(inputSize, hiddenSize, rest),
  IndRNN: ({ inputSize, hiddenSize, ...rest }) => new IndRNN(inputSize, hiddenSize, rest),
  SRU: ({ inputSize, hiddenSize, ...rest }) => new SRU(inputSize, hiddenSize, rest),
};

/**
 * @param most parameters there are numbers for: a stack has at least one a layer
 * @throws {FormatError} an unknown type, or options the layer refuses
 */
export function makeLayer(description: unknown, most: number): Layer {
  const { type, ...config } = (description ?? {}) as LayerConfig;
  const make = typeof type === 'string' && Object.hasOwn(makers, type) ? makers[type] : undefined;
  if (!make) throw new FormatError(`saved model: no layer of type ${JSON.stringify(type)}`);
  if (typeof config.numLayers === 'number' && config.numLayers > most) {
    throw new FormatError(`saved model: ${type}: ${config.numLayers} layers, and ${most} tensors`);
  }
  try {
    return make(config);
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    throw new FormatError(`saved model: ${type}: ${error.message}`, { cause: error });
  }
}
