import { FormatError } from '../../errors.ts';
import { crc32 } from './crc32.ts';
import { MAX_MORE, MAX_RATIO } from './limits.ts';

/** A file in a zip archive. */
export interface ZipEntry {
  /** Bytes of the file. */
  readonly size: number;
  /** The contents: a view of the archive where they are stored, else inflated by each call. @throws {FormatError} */
  read(): Uint8Array;
}

type Numbers = [number, number, number];

/** Options of `readZip`. */
export interface ZipOptions {
  /** Prefix of messages. */
  readonly format: string;
  /** Inflates raw deflate; without it only stored files can be read. As `inflate` of inflate.ts. */
  readonly inflate?: ((packed: Uint8Array, size: number) => Uint8Array | undefined) | undefined;
}

/**
 * Lists the files of a zip archive by name, from its central directory: also of zip64, without encryption, in one part.
 * Sizes are checked against the archive before anything of that size is allocated; files that overlap, as those of zip
 * bombs do, are refused.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 to 4.3.16, 4.5.3.
 * @throws {FormatError} if it is not such an archive
 */
export function readZip(bytes: Uint8Array, { format, inflate }: ZipOptions): Map<string, ZipEntry> {
  const bad = (message: string) => new FormatError(`${format}: ${message}`);
  // zeros beyond the bytes
  const u16 = (at: number) => bytes[at]! | (bytes[at + 1]! << 8);
  const u32 = (at: number) => u16(at) + u16(at + 2) * 2 ** 16;
  // rounded beyond 2^53, which is beyond any archive
  const u64 = (at: number) => u32(at) + u32(at + 4) * 2 ** 32;
  // the directory's record is the last 22 bytes, or precedes a comment
  let end = bytes.length - 22;
  const least = end - 0xffff;
  while (u32(end) !== 0x06054b50 || end + 22 + u16(end + 20) > bytes.length)
    if (--end < least)
      throw bad(`no directory at the end of ${bytes.length} bytes: cut off, or no zip archive`);
  let [count, length, start] = [u16(end + 10), u32(end + 12), u32(end + 16)];
  // a locator before it, and where that says, the record with larger numbers
  if (u32(end - 20) === 0x07064b50) {
    end = u64(end - 12);
    if (u32(end) !== 0x06064b50) throw bad(`no record of zip64 at byte ${end}`);
    [count, length, start] = [u64(end + 32), u64(end + 40), u64(end + 48)];
  }
  const last = start + length;
  if (last > end) throw bad(`directory from byte ${start} to ${last} is beyond byte ${end}`);

  const entries = new Map<string, ZipEntry>();
  const spans: (readonly [from: number, to: number])[] = [];
  let inflated = 0;
  let at = start;
  for (let i = 0; i < count; i++) {
    const nameEnd = at + 46 + u16(at + 28);
    const extraEnd = nameEnd + u16(at + 30);
    const next = extraEnd + u16(at + 32);
    if (u32(at) !== 0x02014b50 || next > last) throw bad(`no entry ${i} of ${count} at byte ${at}`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    const refuse = (why: string) => bad(`file ${JSON.stringify(name.slice(0, 80))} ${why}`);
    const method = u16(at + 10);
    let [size, packed, header] = [u32(at + 24), u32(at + 20), u32(at + 42)];
    // those that need 64 bits are in a field of their own
    for (let field = nameEnd; field < extraEnd; field += 4 + u16(field + 2)) {
      let from = field - 4;
      const long = (given: number) => (given < 0xffffffff ? given : u64((from += 8)));
      if (u16(field) === 1) [size, packed, header] = [size, packed, header].map(long) as Numbers;
    }
    if (u16(at + 8) & 1) throw refuse('is encrypted');
    if (method & ~8) throw refuse(`is compressed by method ${method}, expected 0 or 8`);
    if (u32(header) !== 0x04034b50) throw refuse(`has no header at byte ${header}`);
    const from = header + 30 + u16(header + 26) + u16(header + 28);
    const to = from + packed;
    if (to > start) throw refuse(`has ${packed} bytes at byte ${from}, beyond the archive`);
    if (method ? (inflated += size) > MAX_RATIO * bytes.length + MAX_MORE : size !== packed)
      throw refuse(`has ${packed} bytes for ${size} in an archive of ${bytes.length}`);
    if (entries.has(name)) throw refuse('is listed twice');
    spans.push([header, to]);
    const contents = bytes.subarray(from, to);
    // 0 where torch.save computes none, by torch.serialization.set_crc32_options
    const checksum = u32(at + 16);
    const read = () => {
      let out: Uint8Array | undefined;
      try {
        out = method ? inflate?.(contents, size) : contents;
      } catch (error) {
        if (error instanceof FormatError) throw error;
      }
      if (out?.length !== size)
        throw refuse(inflate ? `does not inflate to ${size} bytes` : 'is compressed, expected a stored one');
      if (checksum && crc32(out) !== checksum) throw refuse('has another checksum');
      return out;
    };
    entries.set(name, { size, read });
    at = next;
  }
  let free = 0;
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from < free) throw bad(`files overlap at byte ${from}`);
    free = to;
  }
  return entries;
}
