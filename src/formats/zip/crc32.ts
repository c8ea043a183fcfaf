/** The checksum of files in zip archives (APPNOTE.TXT, section 4.4.7). */
export function crc32(bytes: Uint8Array): number {
  const table = new Int32Array(256).map((_, i) => {
    for (let k = 0; k < 8; k++) i = (i >>> 1) ^ (-(i & 1) & 0xedb88320);
    return i;
  });
  let sum = -1;
  for (let i = 0; i < bytes.length; i++) sum = table[(sum ^ bytes[i]!) & 255]! ^ (sum >>> 8);
  return ~sum >>> 0;
}
