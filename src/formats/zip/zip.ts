import { FormatError } from '../../errors.ts';

/** A file in a zip archive. */
export interface ZipEntry {
  /** Bytes of the file. */
  readonly size: number;
  /** The contents: a view of the archive where they are stored, else inflated by each call. @throws {FormatError} */
  read(): Uint8Array;
}

/** Options of `readZip`. */
export interface ZipOptions {
  /** Prefix of messages. */
  readonly format: string;
  /** Inflates raw deflate; without it only stored files can be read. As `inflate` of inflate.ts. */
  readonly inflate?: ((packed: Uint8Array, size: number) => Uint8Array | undefined) | undefined;
}

/** Deflated files may have this many times the bytes of the archive, plus 8 MiB. */
const MAX_RATIO = 4;
const MAX_MORE = 2 ** 23;

/**
 * Lists the files of a zip archive by name, from its central directory: also of zip64, without encryption, in one part.
 * Sizes are checked against the archive before anything of that size is allocated; files that overlap, as those of zip
 * bombs do, are refused.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 to 4.3.16, 4.5.3.
 * @throws {FormatError} if it is not such an archive
 */
export function readZip(bytes: Uint8Array, { format, inflate }: ZipOptions): Map<string, ZipEntry> {
  const bad = (message: string) => new FormatError(`${format}: ${message}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  // the directory's record is the last 22 bytes, or precedes a comment
  let end = bytes.length - 22;
  const least = Math.max(0, end - 0xffff);
  while (end >= least && (u32(end) !== 0x06054b50 || end + 22 + u16(end + 20) > bytes.length)) end--;
  if (end < least) throw bad(`no directory at the end of ${bytes.length} bytes: cut off, or no zip archive`);
  // rounded beyond 2^53, which is beyond any archive
  const u64 = (at: number) => u32(at) + u32(at + 4) * 2 ** 32;
  let [count, length, start] = [u16(end + 10), u32(end + 12), u32(end + 16)];
  // a locator before it, and where that says, the record with larger numbers
  if (end >= 76 && u32(end - 20) === 0x07064b50) {
    const at = u64(end - 12);
    if (at > end - 76 || u32(at) !== 0x06064b50) throw bad(`no record of zip64 at byte ${at}`);
    [count, length, start] = [u64(at + 32), u64(at + 40), u64(at + 48)];
    end = at;
  }
  const last = start + length;
  if (last > end) throw bad(`directory from byte ${start} to ${last} is beyond byte ${end}`);

  const entries = new Map<string, ZipEntry>();
  const spans: (readonly [from: number, to: number])[] = [];
  let inflated = 0;
  let at = start;
  for (let i = 0; i < count; i++) {
    const isEntry = at + 46 <= last && u32(at) === 0x02014b50;
    const next = isEntry ? at + 46 + u16(at + 28) + u16(at + 30) + u16(at + 32) : 0;
    if (!isEntry || next > last) throw bad(`no entry ${i} of ${count} at byte ${at}`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + u16(at + 28)));
    const owner = `file ${JSON.stringify(name.slice(0, 80))}`;
    const method = u16(at + 10);
    let [packed, size, header] = [u32(at + 20), u32(at + 24), u32(at + 42)];
    // those that need 64 bits are in a field of their own, size first
    const after = at + 46 + u16(at + 28);
    for (let own = after; own + 4 <= after + u16(at + 30); own += 4 + u16(own + 2)) {
      if (u16(own) !== 1) continue;
      let from = own;
      const long = (given: number) =>
        given === 0xffffffff && (from += 8) <= next - 4 ? u64(from - 4) : given;
      [size, packed, header] = [long(size), long(packed), long(header)];
    }
    if (u16(at + 8) & 1) throw bad(`${owner} is encrypted`);
    if (method !== 0 && method !== 8)
      throw bad(`${owner} is compressed by method ${method}, expected 0 or 8`);
    if (header + 30 > start || u32(header) !== 0x04034b50) throw bad(`${owner}: no header at byte ${header}`);
    const from = header + 30 + u16(header + 26) + u16(header + 28);
    const to = from + packed;
    if (to > start) throw bad(`${owner}: ${packed} bytes at byte ${from} are beyond the archive`);
    if (method === 0 ? size !== packed : (inflated += size) > MAX_RATIO * bytes.length + MAX_MORE)
      throw bad(`${owner}: ${packed} bytes for ${size} in an archive of ${bytes.length}`);
    if (entries.has(name)) throw bad(`${owner} is listed twice`);
    spans.push([header, to]);
    const contents = bytes.subarray(from, to);
    const read = () => {
      if (method === 0) return contents;
      if (!inflate) throw bad(`${owner} is compressed, expected a stored one`);
      let why = `does not inflate to ${size} bytes`;
      try {
        const out = inflate(contents, size);
        if (out?.length === size) return out;
      } catch (error) {
        if (error instanceof FormatError) throw error;
        why += `: ${(error as Error).message}`;
      }
      throw bad(`${owner} ${why}`);
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
