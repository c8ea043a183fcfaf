/**
 * 1 where the draw of key and counter is kept, 0 where it is dropped with probability p: MurmurHash3's finalizer twice
 * (assembly/vec/dropout.ts).
 */
export function kept(key: number, counter: number, p: number): number {
  const second = (Math.imul(key, 0x9e3779b9) + 0x7f4a7c15) | 0;
  return mix(mix(counter ^ key) ^ second) >>> 0 >= Math.floor(p * 2 ** 32) ? 1 : 0;
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
