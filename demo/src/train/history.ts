/** Mean losses by update, a few points a progress event, thinned out when there are too many. */
export class History {
  steps: number[] = [];
  losses: number[] = [];

  /** Losses of the updates up to number `step`. */
  add(step: number, losses: readonly number[]): void {
    const size = Math.ceil(losses.length / AT_ONCE);
    for (let i = 0; i < losses.length; i += size) {
      const part = losses.slice(i, i + size);
      this.steps.push(step - losses.length + i + part.length);
      this.losses.push(part.reduce((sum, loss) => sum + loss, 0) / part.length);
    }
    if (this.steps.length > MOST) {
      const means = (values: number[]) => pairs(values).map(([a, b]) => (a + b) / 2);
      this.losses = means(this.losses);
      this.steps = pairs(this.steps).map(([, last]) => last);
    }
  }

  clear(): void {
    this.steps = [];
    this.losses = [];
  }
}

/** Points of one progress event, at most. */
const AT_ONCE = 6;
/** Points kept. An even number, so that they can be halved. */
const MOST = 800;

function pairs(values: readonly number[]): [number, number][] {
  return Array.from({ length: values.length >> 1 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!]);
}
