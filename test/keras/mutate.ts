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

/** A copy with something wrong: changed bytes, numbers at their limits, a piece missing, doubled or moved. */
export function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = drawing(seed);
  const copy = bytes.slice();
  const at = () => draw(copy.length);
  const kind = draw(7);
  if (kind === 0) return copy.subarray(0, at());
  if (kind === 1) {
    const [from, to] = [at(), at()];
    copy.copyWithin(to, from, from + 1 + draw(64));
  } else if (kind === 2) {
    const cut = at();
    const length = 1 + draw(16);
    return Uint8Array.from([...copy.subarray(0, cut), ...copy.subarray(cut + length)]);
  } else if (kind === 3) {
    const start = at();
    copy.fill([0, 0xff, 0x7f, 0x80][draw(4)]!, start, start + 1 + draw(9));
  } else for (let i = 0, count = 1 + draw(8); i < count; i++) copy[at()] = draw(256);
  return copy;
}

const VALUES: readonly unknown[] = [
  ...[null, true, false, -1, 0, 1, 2, 0.5, 1e9, 2 ** 53, 1e308, '', 'x', 'linear', [], [0], [null], {}],
  { class_name: 'LSTM', config: {} },
];

/** A copy of JSON in which some values are others, or are missing. */
export function mutatedJson(given: unknown, seed: number): unknown {
  const draw = drawing(seed);
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
