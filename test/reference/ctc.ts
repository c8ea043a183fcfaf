/**
 * −ln of the probability that T rows of C logits spell the labels, by going through all C^T paths: joined repeats, then
 * without blanks. logits [T, C].
 */
export function ctcOfRow(
  logits: Float64Array,
  classes: number,
  labels: readonly number[],
  blank: number,
): number {
  const steps = logits.length / classes;
  const p = Array.from({ length: steps }, (_, t) => {
    const row = logits.subarray(t * classes, (t + 1) * classes);
    const terms = row.map(Math.exp);
    const sum = terms.reduce((a, b) => a + b, 0);
    return terms.map((e) => e / sum);
  });
  const wanted = labels.join();
  let total = 0;
  const path: number[] = [];
  const go = (t: number, product: number): void => {
    if (t === steps) {
      const joined = path.filter((c, i) => c !== path[i - 1]).filter((c) => c !== blank);
      if (joined.join() === wanted) total += product;
      return;
    }
    for (let c = 0; c < classes; c++) {
      path[t] = c;
      go(t + 1, product * p[t]![c]!);
    }
  };
  go(0, 1);
  return -Math.log(total);
}
