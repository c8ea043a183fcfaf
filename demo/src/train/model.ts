import type { Layer } from 'unrolled';
import { Embedding, GRU, init, Linear, LSTM, MinGRU, RNN, Sequential } from 'unrolled';

type Recurrent = new (inputSize: number, hiddenSize: number, opts: { numLayers: number }) => Layer;

/** b_f = 3 lets 0.95 of a cell through each step: a gradient reaches back from the start (Tallec & Ollivier 2018). */
class OpenLSTM extends LSTM {
  constructor(inputSize: number, hiddenSize: number, opts: { numLayers: number }) {
    super(inputSize, hiddenSize, { ...opts, forgetBias: 3 });
  }
}

const recurrent: Record<string, Recurrent> = { RNN, LSTM: OpenLSTM, GRU, MinGRU };

/** Recurrent layers by name. */
export const cells: readonly string[] = Object.keys(recurrent);

/** A model as data, which a worker takes too. */
export interface Shape {
  readonly cell: string;
  readonly hidden: number;
  readonly layers: number;
  /** Indices that are embedded in so many features, or features as they are. */
  readonly input: { readonly vocabulary: number; readonly embedding: number } | { readonly features: number };
  readonly outputs: number;
}

/** The layers of a model: with its head, or up to the last recurrent layer, whose output is h. */
export function layersOf({ cell, hidden, layers, input, outputs }: Shape, head: boolean): Layer[] {
  const reads = 'features' in input ? [] : [new Embedding(input.vocabulary, input.embedding)];
  const width = 'features' in input ? input.features : input.embedding;
  return [
    ...reads,
    new recurrent[cell]!(width, hidden, { numLayers: layers }),
    ...(head ? [new Linear(hidden, outputs)] : []),
  ];
}

/** A new model as a file. */
export async function modelOf(shape: Shape, seed: number): Promise<Uint8Array<ArrayBuffer>> {
  await init();
  using model = new Sequential(layersOf(shape, true), { seed });
  return model.save();
}
