import { byteArray } from '../../allocate.ts';
import { FormatError } from '../../errors.ts';
import { Inflate } from './inflateRaw.ts';

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  /** The contents: a view of the archive where they are stored, else inflated by each call. @throws {FormatError} */
  read(): Uint8Array;
}

/** Maximum number of files of an archive. */
const MAX_ENTRIES = 100_000;
/** Maximum number of bytes of all files that are deflated: so many times the archive, plus 16 MiB. */
const MAX_RATIO = 4;
const MAX_MORE = 2 ** 24;
/** Bytes to inflate at a time: at most 1032 times as many come out (https://zlib.net/zlib_tech.html). */
const CHUNK = 4096;

/**
 * Lists the files of a zip archive by name, from its central directory: stored or deflated, zip64, without encryption,
 * in one part. Sizes are checked against the archive before anything of that size is allocated; files that overlap,
 * as those of zip bombs do, are refused.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 to 4.3.16.
 * @param format prefix of messages
 * @throws {FormatError} if it is not such an archive
 */
export function readZip(bytes: Uint8Array, format = 'zip'): Map<string, ZipEntry> {
  const bad = (message: string) => new FormatError(`${format}: ${message}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => u32(at) + u32(at + 4) * 2 ** 32;
  const { count, start, length, end } = findDirectory();
  if (count > MAX_ENTRIES) throw bad(`${count} files in the archive, more than ${MAX_ENTRIES}`);
  if (start + length > end) throw bad(`directory of ${length} bytes at byte ${start} is beyond byte ${end}`);

  const entries = new Map<string, ZipEntry>();
  const spans: { from: number; to: number; name: string }[] = [];
  let inflated = 0;
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > start + length || u32(at) !== 0x02014b50) throw bad(`no entry ${i} at byte ${at}`);
    const [flags, method] = [u16(at + 8), u16(at + 10)];
    const [nameLength, extraLength, commentLength] = [u16(at + 28), u16(at + 30), u16(at + 32)];
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > start + length) throw bad(`entry ${i} at byte ${at} is beyond the directory`);
    const name = text(bytes.subarray(at + 46, at + 46 + nameLength));
    const owner = `file ${JSON.stringify(name.slice(0, 80))}`;
    const [size, packed, header] = sizes(at, at + 46 + nameLength, at + 46 + nameLength + extraLength);
    if (flags & 1) throw bad(`${owner} is encrypted`);
    if (method !== 0 && method !== 8) throw bad(`${owner}: compression method ${method}, expected 0 or 8`);
    if (header + 30 > start || u32(header) !== 0x04034b50) throw bad(`${owner}: no header at byte ${header}`);
    const from = header + 30 + u16(header + 26) + u16(header + 28);
    if (from + packed > start) throw bad(`${owner}: ${packed} bytes at byte ${from} are beyond the archive`);
    if (method === 0 && size !== packed) throw bad(`${owner}: ${packed} bytes can't hold ${size}`);
    if (method === 8 && (inflated += size) > MAX_RATIO * bytes.length + MAX_MORE)
      throw bad(`${owner} inflates to ${size} bytes, too many for an archive of ${bytes.length}`);
    if (entries.has(name)) throw bad(`${owner} is listed twice`);
    spans.push({ from: header, to: from + packed, name });
    const contents = bytes.subarray(from, from + packed);
    entries.set(name, {
      name,
      size,
      read: () => (method === 0 ? contents : inflate(owner, contents, size)),
    });
    at = next;
  }
  spans.sort((a, b) => a.from - b.from);
  for (let i = 1; i < spans.length; i++) {
    if (spans[i]!.from < spans[i - 1]!.to) throw bad(`files overlap at byte ${spans[i]!.from}`);
  }
  return entries;

  /** The directory: number of files, position and length. Its record is the last 22 bytes, or precedes a comment. */
  function findDirectory() {
    const least = Math.max(0, bytes.length - 22 - 0xffff);
    for (let end = bytes.length - 22; end >= least; end--) {
      if (u32(end) !== 0x06054b50 || end + 22 + u16(end + 20) > bytes.length) continue;
      if (u16(end + 4) !== 0) throw bad('an archive in several parts');
      const at = end - 20;
      if (at < 0 || u32(at) !== 0x07064b50)
        return { count: u16(end + 10), length: u32(end + 12), start: u32(end + 16), end };
      const record = u64(at + 8);
      if (record + 56 > at || u32(record) !== 0x06064b50) throw bad(`no zip64 record at byte ${record}`);
      return { count: u64(record + 32), length: u64(record + 40), start: u64(record + 48), end: record };
    }
    throw bad(`no directory at the end of ${bytes.length} bytes: the file is cut off or not a zip archive`);
  }

  /** Size, packed size and position of the header; those that are 2^32 − 1 are in the zip64 extra field. */
  function sizes(at: number, from: number, to: number): [number, number, number] {
    const found = [u32(at + 24), u32(at + 20), u32(at + 42)] as [number, number, number];
    for (let field = from; field + 4 <= to; field += 4 + u16(field + 2)) {
      if (u16(field) !== 1) continue;
      const last = Math.min(to, field + 4 + u16(field + 2));
      let value = field + 4;
      for (const [k, size] of found.entries()) {
        if (size !== 0xffffffff || value + 8 > last) continue;
        found[k] = u64(value);
        value += 8;
      }
      break;
    }
    return found;
  }

  function inflate(owner: string, packed: Uint8Array, size: number): Uint8Array {
    const out = byteArray(size);
    let at = 0;
    const stream = new Inflate((part) => {
      if (at + part.length <= size) out.set(part, at);
      at += part.length;
    });
    try {
      for (let from = 0; from < packed.length && at <= size; from += CHUNK) {
        stream.push(packed.subarray(from, from + CHUNK), from + CHUNK >= packed.length);
      }
    } catch (error) {
      throw bad(`${owner}: ${(error as Error).message}`);
    }
    if (at !== size) throw bad(`${owner} does not inflate to ${size} bytes`);
    return out;
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
