import { FormatError } from '../../errors.ts';
import { Cursor, Hdf5Bytes, type Hdf5Storage } from './file.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes begin as an HDF5 file. */
function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * The bytes of an HDF5 file, and the address of the object header of its root group.
 * @throws {FormatError} if it is no HDF5 file, is truncated, or has a superblock of a version above 3
 */
export function readSuperblock(
  bytes: Uint8Array,
  storage: Hdf5Storage,
): { readonly file: Hdf5Bytes; readonly root: number } {
  if (!isHdf5(bytes)) throw new FormatError('hdf5: the file does not begin with the signature of HDF5');
  const start = new Cursor(new Hdf5Bytes(bytes, 8, 8, storage), 8, bytes.length, 'superblock');
  const version = start.u8();
  if (version > 3) start.fail(`expected version 0 to 3, got ${version}`);
  const isOld = version < 2;
  if (isOld) start.skip(4);
  const sizes = [start.u8(), start.u8()] as const;
  for (const size of sizes) {
    if (size !== 2 && size !== 4 && size !== 8) start.fail(`expected sizes of 2, 4 or 8 bytes, got ${size}`);
  }
  // reserved, the sizes of B-tree nodes, and flags
  start.skip(isOld ? 9 + 4 * version : 1);
  const file = new Hdf5Bytes(bytes, ...sizes, storage);
  const cursor = new Cursor(file, start.at, bytes.length, 'superblock');
  const base = cursor.address();
  if (base !== 0) cursor.fail(`expected base address 0, got ${base}`);
  cursor.address();
  const length = cursor.address();
  if (length > bytes.length)
    throw new FormatError(`hdf5: truncated: expected ${length} bytes, got ${bytes.length}`);
  // of old files the driver's block and the offset of the root's name come before the address of its header
  if (isOld) cursor.skip(2 * file.offsetSize);
  const root = cursor.address();
  if (!isOld) cursor.checksum(0);
  return { file, root };
}
