/**
 * The parts of `bytes` at even places, or with `odd` at odd ones, one after the other. Each part has its length before it, 16 bits, low
 * byte first. unrolled.min.js holds both builds of the kernels so, function by function: most are alike, and deflate finds
 * that when they are next to each other (scripts/everyOther.mjs).
 */
export function everyOther(bytes: Uint8Array<ArrayBuffer>, odd: boolean): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (let at = 0, place = 0; at < bytes.length; place++) {
    const from = at + 2;
    at = from + bytes[at]! + 256 * bytes[at + 1]!;
    if (place % 2 === Number(odd)) {
      // never past what is read
      bytes.copyWithin(length, from, at);
      length += at - from;
    }
  }
  return bytes.slice(0, length);
}
