/** A file, or several by name. */
export type Given = Uint8Array | Readonly<Record<string, Uint8Array>>;

/** Random integers below a limit, the same for the same seed. */
export function drawing(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A copy with something wrong: changed bytes, numbers at their limits, pieces missing, doubled or moved. */
export function mutated(bytes: Uint8Array, seed: number, draw = drawing(seed)): Uint8Array {
  // a Buffer's slice is no copy
  let copy = new Uint8Array(bytes);
  if (draw(16) === 0) return copy.subarray(0, draw(bytes.length));
  for (let n = 1 + draw(4); n > 0; n--) {
    const at = draw(copy.length);
    const length = 1 + draw(16);
    const kind = draw(7);
    if (kind === 0) copy[at] = copy[at]! ^ (1 << draw(8));
    else if (kind === 1) copy.fill([0, 0xff, 0x7f, 0x80][draw(4)]!, at, at + length);
    else if (kind === 2) copy.copyWithin(draw(copy.length), at, at + 4 * length);
    else if (kind === 3) copy = spliced(copy, at, at + length);
    else if (kind === 4) copy = spliced(copy, at + length, at);
    else for (let i = 1 + draw(4); i > 0; i--) copy[draw(copy.length)] = draw(256);
  }
  return copy;
}

/** What comes before `to`, and what comes from `from` on. */
function spliced(bytes: Uint8Array, to: number, from: number): Uint8Array<ArrayBuffer> {
  const [head, tail] = [bytes.subarray(0, to), bytes.subarray(from)];
  const out = new Uint8Array(head.length + tail.length);
  out.set(head);
  out.set(tail, head.length);
  return out;
}

const VALUES: readonly unknown[] = [
  ...[null, true, false, -1, 0, 1, 2, 0.5, 1e9, 2 ** 53, 1e308, '', 'x', 'linear', [], [0], [null], {}],
  { class_name: 'LSTM', config: {} },
];

/** A copy of JSON in which some values are others, or are missing. */
export function mutatedJson(given: unknown, seed: number, draw = drawing(seed)): unknown {
  const json = structuredClone(given);
  for (let i = 0, count = 1 + draw(3); i < count; i++) {
    let at = json as Record<string, unknown>;
    for (let depth = 0; depth < 40; depth++) {
      const keys = Object.keys(at);
      if (keys.length === 0) break;
      const key = keys[draw(keys.length)]!;
      const inner = at[key];
      if (typeof inner === 'object' && inner !== null && draw(6) > 0) {
        at = inner as Record<string, unknown>;
        continue;
      }
      if (draw(4) === 0) delete at[key];
      else at[key] = structuredClone(VALUES[draw(VALUES.length)]);
      break;
    }
  }
  return json;
}

/** As `mutated`, of one of several files; half of what is JSON with other values, else other bytes. */
export function mutatedFiles(given: Given, seed: number, draw = drawing(seed)): Given {
  if (!(given instanceof Uint8Array)) {
    const names = Object.keys(given);
    const name = names[draw(names.length)]!;
    return { ...given, [name]: mutatedFiles(given[name]!, seed, draw) as Uint8Array };
  }
  // { and a quote
  if (given[0] !== 0x7b || given[1] !== 0x22 || draw(2)) return mutated(given, seed, draw);
  const json = JSON.parse(new TextDecoder().decode(given));
  return utf8(JSON.stringify(mutatedJson(json, seed, draw)));
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A copy with other bytes from `at` on. */
export function patched(file: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = new Uint8Array(file);
  copy.set(bytes, at);
  return copy;
}

/** Where bytes, or a text, begin in a file. */
export function placeOf(file: Uint8Array, part: string | readonly number[]): number {
  const bytes = typeof part === 'string' ? utf8(part) : part;
  const at = file.findIndex((_, i) => bytes.every((byte, k) => file[i + k] === byte));
  if (at < 0) throw new Error(`${part} is not in the file`);
  return at;
}

/** Bytes of a file, or of all. */
export function sizeOf(given: Given): number {
  if (given instanceof Uint8Array) return given.length;
  return Object.values(given).reduce((sum, { length }) => sum + length, 0);
}
