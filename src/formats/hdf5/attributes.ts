import type { Hdf5Value } from './dataset.ts';
import { countOf, readDatatype, readShape } from './datatype.ts';
import type { Cursor, Hdf5Bytes } from './file.ts';
import { decode } from './values.ts';

/** An attribute, whose value is read when it is asked for. */
export interface Hdf5Attribute {
  readonly name: string;
  /** @throws {FormatError} if it is damaged, or values of its type are not supported */
  read(): Hdf5Value;
}

/** Reads the message of an attribute. @throws {FormatError} if it is damaged */
export function readAttribute(file: Hdf5Bytes, message: Cursor): Hdf5Attribute {
  const cursor = message.copy();
  const version = cursor.u8();
  if (version < 1 || version > 3) cursor.fail(`expected attribute version 1 to 3, got ${version}`);
  const flags = cursor.u8();
  const sizes = [cursor.u16(), cursor.u16(), cursor.u16()] as const;
  // character set
  if (version === 3) cursor.skip(1);
  const padded = (size: number) => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const name = cursor.text(sizes[0]);
  cursor.skip(padded(sizes[0]) - sizes[0]);
  const where = `${cursor.where}: attribute ${JSON.stringify(name.slice(0, 60))}`;
  const datatype = cursor.part(padded(sizes[1]), where);
  const space = cursor.part(padded(sizes[2]), where);
  const data = cursor.part(cursor.left, where);
  return {
    name,
    read: () => {
      if (flags & 1 && version > 1) data.fail('a datatype of its own name is not supported:');
      const type = readDatatype(datatype.copy());
      const shape = readShape(space.copy()) ?? [0];
      const count = countOf(shape, space);
      file.take(count * type.size, where);
      return { shape, data: decode(file, type, data.copy(), count) };
    },
  };
}
