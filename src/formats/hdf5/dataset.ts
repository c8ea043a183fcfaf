import { countOf, type Datatype, readDatatype, readShape } from './datatype.ts';
import type { Hdf5Bytes } from './file.ts';
import { rawOf } from './layout.ts';
import { MESSAGE, type Message } from './messages.ts';
import { decode, type Hdf5Data } from './values.ts';

/** Elements and their shape; a single element has the shape []. */
export interface Hdf5Value {
  readonly shape: readonly number[];
  readonly data: Hdf5Data;
  /** Of 16-bit floats, whose bits are the data. */
  readonly dtype?: 'F16' | undefined;
}

/** A dataset, whose elements are read when they are asked for. */
export interface Hdf5Dataset {
  readonly shape: readonly number[];
  readonly type: Datatype;
  /** @throws {FormatError} if the data are damaged, or of a type or layout that is not supported */
  read(): Hdf5Value;
}

/** The dataset of an object header; undefined for a group. @throws {FormatError} if its messages are damaged */
export function datasetOf(
  file: Hdf5Bytes,
  messages: readonly Message[],
  where: string,
): Hdf5Dataset | undefined {
  const find = (type: number) => messages.find((message) => message.type === type)?.data.copy();
  const layout = find(MESSAGE.layout);
  const space = find(MESSAGE.dataspace);
  const datatype = find(MESSAGE.datatype);
  if (!layout || !space || !datatype) return undefined;
  const type = readDatatype(datatype);
  const shape = readShape(space) ?? [0];
  const count = countOf(shape, space);
  const read = () => {
    file.take(count * type.size, where);
    const raw = rawOf(layout.copy(), find(MESSAGE.filters), shape, count, type.size);
    const dtype = type.kind === 'float' && type.size === 2 ? ('F16' as const) : undefined;
    return { shape, data: decode(file, type, raw, count), dtype };
  };
  return { shape, type, read };
}
