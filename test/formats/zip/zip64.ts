/** An archive as a writer of large files would write it: sizes, offsets and the directory's record in 64 bits. */
export function zip64(archive: Uint8Array): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  const end = archive.length - 22;
  const [count, start] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  const parts: Uint8Array[] = [archive.subarray(0, start)];
  const u64 = (to: DataView, at: number, value: number) => to.setBigUint64(at, BigInt(value), true);
  let length = 0;
  for (let at = start, i = 0; i < count; i++) {
    const name = view.getUint16(at + 28, true);
    const own = 46 + name + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const entry = new Uint8Array(46 + name + 28);
    entry.set(archive.subarray(at, at + 46 + name));
    const to = new DataView(entry.buffer);
    to.setUint16(30, 28, true);
    to.setUint16(32, 0, true);
    to.setUint16(46 + name, 1, true);
    to.setUint16(46 + name + 2, 24, true);
    for (const [k, from] of [24, 20, 42].entries()) {
      u64(to, 46 + name + 4 + 8 * k, view.getUint32(at + from, true));
      to.setUint32(from, 0xffffffff, true);
    }
    parts.push(entry);
    length += entry.length;
    at += own;
  }
  const record = new Uint8Array(56 + 20 + 22);
  const to = new DataView(record.buffer);
  to.setUint32(0, 0x06064b50, true);
  u64(to, 4, 44);
  u64(to, 24, count);
  u64(to, 32, count);
  u64(to, 40, length);
  u64(to, 48, start);
  to.setUint32(56, 0x07064b50, true);
  u64(to, 64, start + length);
  to.setUint32(76, 0x06054b50, true);
  to.setUint16(84, 0xffff, true);
  to.setUint16(86, 0xffff, true);
  to.setUint32(88, 0xffffffff, true);
  to.setUint32(92, 0xffffffff, true);
  parts.push(record);
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
