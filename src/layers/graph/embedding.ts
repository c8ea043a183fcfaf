import { Embedding as CoreEmbedding } from '../embedding.ts';
import { singleInput } from './singleInput.ts';

/**
 * Looks up rows of a table by index: [T, B] to [T, B, embeddingDim], as torch.nn.Embedding. Parameter: `weight`
 * [numEmbeddings, embeddingDim].
 */
export class Embedding extends singleInput(CoreEmbedding) {}
