import { isSize } from '../check.ts';
import { show } from '../errors.ts';
import { bad, type Header, quote } from './safetensors-header.ts';

/**
 * Parses the JSON text of a safetensors header by JSON.parse: smaller than parseHeader, which refuses duplicate keys, unknown
 * fields and other spellings of integers, too.
 * @throws {FormatError} if it is not JSON, or an entry has no dtype, shape and data_offsets
 */
export function parseJsonHeader(text: string): Header {
  let header: Record<string, Record<string, unknown> | null>;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw bad(`header: ${(error as Error).message}`);
  }
  const { __metadata__: metadata, ...tensors } = header;
  const entries = Object.entries(tensors).map(([name, entry]) => {
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw bad(`tensor ${quote(name)}: expected dtype, shape, data_offsets, got ${show(entry)}`);
    return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
  });
  return { entries, metadata: Object(metadata) };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
