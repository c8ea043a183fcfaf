import { Dropout, Embedding, GRU, Linear, LSTM, Sequential } from '../../src/index.ts';

/** Of indices below V: Embedding(V, E), LSTM(E, H) of numLayers, GRU(H, G), Dropout where it is above 0, Linear(G, V). */
export function languageModel(
  V: number,
  [E, H, G]: readonly [number, number, number],
  { seed = 1, numLayers = 1, dropout = 0 } = {},
): Sequential {
  const layers = [new Embedding(V, E), new LSTM(E, H, { numLayers }), new GRU(H, G)];
  return new Sequential([...layers, ...(dropout ? [new Dropout(dropout)] : []), new Linear(G, V)], { seed });
}
