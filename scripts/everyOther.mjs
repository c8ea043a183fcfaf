// Two binaries of the kernels as one text of bytes, in turns a part of one and a part of the other (src/wasm/everyOther.ts).

const CODE = 10;
const MOST = 0xffff;

/** Parts of `first` at even places, of `second` at odd ones: what is before the functions, each of them, what follows. */
export function inTurns(first, second) {
  const [a, b] = [partsOf(first), partsOf(second)];
  const parts = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) parts.push(a[i] ?? [], b[i] ?? []);
  return Buffer.concat(
    parts.flatMap((part) => [Buffer.of(part.length & 255, part.length >> 8), Buffer.from(part)]),
  );
}

/** A binary in parts of at most 65,535 bytes: what is before the functions, each function, and what follows. */
function partsOf(binary) {
  const cuts = [];
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < binary.length) {
    const id = binary[at++];
    const end = number() + at;
    if (id === CODE) {
      for (let left = number(); left > 0; left--) {
        cuts.push(at);
        at = number() + at;
      }
      cuts.push(at);
    }
    at = end;
  }
  return [0, ...cuts].flatMap((from, i) => pieces(binary.subarray(from, cuts[i] ?? binary.length)));
}

function pieces(part) {
  const count = Math.ceil(part.length / MOST) || 1;
  return Array.from({ length: count }, (_, i) => part.subarray(i * MOST, (i + 1) * MOST));
}
