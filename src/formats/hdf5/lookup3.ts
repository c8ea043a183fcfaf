const MIX = [4, 6, 8, 16, 19, 4];
const LAST = [14, 11, 25, 16, 4, 14, 24];

/**
 * Checksum of metadata: hashlittle of Bob Jenkins's lookup3.c with initial value 0
 * (https://burtleburtle.net/bob/c/lookup3.c), whose a, b and c are h.
 */
export function lookup3(bytes: Uint8Array): number {
  const h = new Uint32Array(3).fill(0xdeadbeef + bytes.length);
  const rotated = (i: number, k: number) => (h[i % 3]! << k) | (h[i % 3]! >>> (32 - k));
  for (let at = 0; at < bytes.length; ) {
    for (let i = 0; i < 12; i++) h[i >> 2]! += bytes[at++]! << (8 * (i & 3));
    const isLast = at >= bytes.length;
    for (const [i, k] of (isLast ? LAST : MIX).entries()) {
      const [x, y, z] = [(i + 2) % 3, (i + 1) % 3, i % 3] as const;
      if (isLast) {
        h[x]! ^= h[y]!;
        h[x]! -= rotated(y, k);
      } else {
        h[z]! -= h[x]!;
        h[z]! ^= rotated(x, k);
        h[x]! += h[y]!;
      }
    }
  }
  return h[2]!;
}
