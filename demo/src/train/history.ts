/** Mean losses by update, one point a progress event, thinned out when there are too many. */
export class History {
  steps: number[] = [];
  losses: number[] = [];

  add(step: number, losses: readonly number[]): void {
    this.steps.push(step);
    this.losses.push(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
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

/** Points kept. An even number, so that they can be halved. */
const MOST = 800;

function pairs(values: readonly number[]): [number, number][] {
  return Array.from({ length: values.length >> 1 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!]);
}
