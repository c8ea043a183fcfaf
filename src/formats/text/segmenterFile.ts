import { FormatError } from '../../errors.ts';
import type { Numbers } from '../amp/description.ts';

/** What a step of a segmenter is: a code point, a grapheme cluster, or a vector that says which letters a cluster has. */
export type SegmenterUnit = 'codepoint' | 'grapheme' | 'vector';

/** Weights of a segmenter as a file has them. */
export interface SegmenterFile {
  /** Such as `Thai_codepoints_exclusive_model4_heavy`. */
  readonly name: string;
  readonly unit: SegmenterUnit;
  /** What each index stands for; one more is for what is not among them. Empty where a step is a vector. */
  readonly dictionary: readonly string[];
  /** Embedding; kernel, recurrent kernel and bias of both directions; weights and bias of the output. */
  readonly matrices: readonly Numbers[];
}

export function bad(message: string): FormatError {
  return new FormatError(`segmenter: ${message}`);
}
