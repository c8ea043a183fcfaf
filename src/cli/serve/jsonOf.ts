/** Bytes of the longest text of a number, and a comma: -0.0000012345678806304932, */
const LONGEST = 26;
const [COMMA, MINUS, POINT, ZERO, OPEN, CLOSE] = Buffer.from(',-.0[]');
/** What is written; grows. */
let text = Buffer.alloc(0);

/**
 * Float32 values as JSON, each with few digits that round to it. `JSON.stringify` takes twice as long: it finds the fewest digits of
 * a float64.
 */
export function jsonOf(values: Float32Array): string {
  const size = 2 + LONGEST * values.length;
  if (text.length < size) text = Buffer.alloc(size);
  text[0] = OPEN!;
  let at = 1;
  for (const value of values) {
    at = put(value, at);
    text[at++] = COMMA!;
  }
  text[Math.max(1, at - 1)] = CLOSE!;
  return text.toString('latin1', 0, Math.max(2, at));
}

/** Writes a number; gives where it ends. */
function put(value: number, at: number): number {
  const size = Math.abs(value);
  // digits after the point: all digits together are an int32
  for (let count = 7, scale = 1e7; count <= 9; count++, scale *= 10) {
    const all = Math.round(size * scale);
    if (!(all < 2 ** 31)) break;
    if (Math.fround(all / scale) !== size) continue;
    if (value < 0) text[at++] = MINUS!;
    const point = at + (size < 10 ? 1 : size < 100 ? 2 : 3);
    const end = point + 1 + count;
    let rest = all;
    for (let i = end - 1; i >= at; i--) {
      if (i === point) {
        text[i] = POINT!;
        continue;
      }
      const tens = (rest / 10) | 0;
      text[i] = ZERO! + rest - 10 * tens;
      rest = tens;
    }
    return end;
  }
  return at + text.write(JSON.stringify(value), at, 'latin1');
}
