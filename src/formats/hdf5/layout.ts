import { walkBtree } from './btree.ts';
import { Cursor, Hdf5Bytes, NOWHERE } from './file.ts';

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const CLASSES = ['compact', 'contiguous', 'chunked', 'virtual'];

/**
 * The bytes of all elements of a dataset, row-major.
 * @param layout its layout message
 * @param filters its filter message
 * @throws {FormatError} if the layout is unknown, or there are fewer bytes
 */
export function rawOf(
  layout: Cursor,
  filters: Cursor | undefined,
  shape: readonly number[],
  count: number,
  size: number,
): Cursor {
  const { file, where } = layout;
  const bytes = count * size;
  const version = layout.u8();
  if (version < 1 || version > 4) layout.fail(`expected layout version 1 to 4, got ${version}`);
  const rank = version < 3 ? layout.u8() : 0;
  const kind = layout.u8();
  if (version < 3) layout.skip(5);
  if (bytes === 0) return memory(new Uint8Array(0), layout);
  if (kind === COMPACT) {
    if (version < 3) layout.skip(4 * rank);
    return layout.part(version < 3 ? layout.u32() : layout.u16());
  }
  if (kind === CONTIGUOUS) {
    const address = layout.address();
    // elements that were never written are zeros
    return address === NOWHERE ? memory(new Uint8Array(bytes), layout) : file.at(address, where, bytes);
  }
  if (kind !== CHUNKED) layout.fail(`a ${CLASSES[kind] ?? 'unknown'} layout is not supported:`);
  const chunks = file.storage.chunks(layout, version, rank, filters, shape, size, walkBtree);
  return memory(chunks, layout);
}

/** A cursor over bytes that are not in the file. */
function memory(bytes: Uint8Array, { file, where }: Cursor): Cursor {
  return new Cursor(new Hdf5Bytes(bytes, 8, 8, file.storage), 0, bytes.length, where);
}
