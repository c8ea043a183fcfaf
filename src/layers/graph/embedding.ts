import { Embedding as CoreEmbedding, type EmbeddingOptions } from '../embedding.ts';
import type { NameOption } from '../layerName.ts';
import { singleInput } from './singleInput.ts';

/**
 * Looks up rows of a table by index: [T, B] to [T, B, embeddingDim], as torch.nn.Embedding. Parameter: `weight`
 * [numEmbeddings, embeddingDim].
 */
export class Embedding extends singleInput(CoreEmbedding) {
  /** @throws {ArgumentError} if a size is below 1 or an option is unknown */
  constructor(numEmbeddings: number, embeddingDim: number, opts?: EmbeddingOptions & NameOption) {
    super(numEmbeddings, embeddingDim, opts);
  }
}
