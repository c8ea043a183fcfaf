/**
 * Two loops over registers, hand-assembled: 12 independent chains of f32x4 multiply and add (or relaxed_madd), which
 * is what the 128-bit units can do at most; and one chain of dependent integer additions and xors, a cycle each, which gives
 * the clock.
 */

const CHAINS = 12;
/** Turns of each chain within one pass of the loop. */
const TURNS = 8;
const OPERATIONS = 256;

const uleb = (n) => {
  const bytes = [];
  do {
    bytes.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
    n >>>= 7;
  } while (n);
  return bytes;
};
const vector = (items) => [...uleb(items.length), ...items.flat()];
const section = (id, items) => {
  const body = vector(items);
  return [id, ...uleb(body.length), ...body];
};
const text = (s) => [...uleb(s.length), ...[...s].map((c) => c.charCodeAt(0))];

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const get = (local) => [0x20, ...uleb(local)];
const set = (local) => [0x21, ...uleb(local)];
const simd = (op) => [0xfd, ...uleb(op)];
const f32 = (value) => [0x43, ...new Uint8Array(new Float32Array([value]).buffer)];

const SPLAT = simd(0x13);
const EXTRACT = [...simd(0x1f), 0];
const ADD = simd(0xe4);
const MUL = simd(0xe6);
const MADD = simd(0x105);

/** A loop that runs `body` as often as parameter 0 says. */
const repeat = (body) => [
  ...[0x03, 0x40],
  ...body,
  ...[...get(0), 0x41, 1, 0x6b, 0x22, 0],
  ...[0x0d, 0, 0x0b],
];

const body = (locals, code) => {
  const bytes = [...vector(locals.map(([count, type]) => [...uleb(count), type])), ...code, 0x0b];
  return [...uleb(bytes.length), ...bytes];
};

/** peak(n: i32): f32 */
function peak(relaxed) {
  const [x, y, first] = [1, 2, 3];
  const start = [
    ...[...f32(0.999), ...SPLAT, ...set(x)],
    ...[...f32(0.001), ...SPLAT, ...set(y)],
    ...Array.from({ length: CHAINS }, (_, i) => [...f32(i), ...SPLAT, ...set(first + i)]).flat(),
  ];
  const turn = Array.from({ length: CHAINS }, (_, i) => {
    const a = first + i;
    return relaxed
      ? [...get(a), ...get(x), ...get(y), ...MADD, ...set(a)]
      : [...get(a), ...get(x), ...MUL, ...get(y), ...ADD, ...set(a)];
  }).flat();
  const sum = [
    ...get(first),
    ...Array.from({ length: CHAINS - 1 }, (_, i) => [...get(first + 1 + i), ...ADD]).flat(),
    ...EXTRACT,
  ];
  return body([[2 + CHAINS, V128]], [...start, ...repeat(Array(TURNS).fill(turn).flat()), ...sum]);
}

/** clock(n: i32, x: i32): i32, of which nothing can be left out */
function clock() {
  const pair = [...get(1), ...get(0), 0x6a, ...set(1), ...get(1), ...get(2), 0x73, ...set(1)];
  return body(
    [[1, I32]],
    [
      ...get(1),
      ...set(2),
      ...repeat(
        Array(OPERATIONS / 2)
          .fill(pair)
          .flat(),
      ),
      ...get(1),
    ],
  );
}

function binary(relaxed) {
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [
      [0x60, ...vector([[I32]]), ...vector([[F32]])],
      [0x60, ...vector([[I32], [I32]]), ...vector([[I32]])],
    ]),
    ...section(3, [[0], [1]]),
    ...section(7, [
      [...text('peak'), 0, 0],
      [...text('clock'), 0, 1],
    ]),
    ...section(10, [peak(relaxed), clock()]),
  ]);
}

/**
 * @param {'simd' | 'relaxed'} kernels
 * @param {number} [length] how much longer than a quarter of a millisecond a run takes: for clocks that count in steps of
 * more than 5 µs
 * @returns {(ms: number) => { gflops: number, ghz: number }} the best of several short runs within so many ms each
 */
export function probe(kernels, length = 1) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary(kernels === 'relaxed')));
  const best = (ms, turn, n) => {
    let rate = 0;
    const end = performance.now() + ms;
    do {
      const start = performance.now();
      turn(n);
      const took = performance.now() - start;
      rate = Math.max(rate, n / took);
    } while (performance.now() < end);
    return rate * 1e-6;
  };
  return (ms) => ({
    gflops: best(ms, exports.peak, 50_000 * length) * CHAINS * TURNS * 8,
    ghz: best(ms, (n) => exports.clock(n, 12345), 20_000 * length) * OPERATIONS,
  });
}
