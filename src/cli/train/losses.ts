/** Maximum number of points of the curve. */
const POINTS = 256;
/** Number of steps the displayed loss is averaged over. */
export const RECENT = 50;

/** Losses of a run in constant memory: means over windows whose length doubles when the curve is full. */
export class Losses {
  /** Steps per mean. */
  every = 1;
  readonly means: number[] = [];
  /** Sum over the steps after the last mean. */
  #sum = 0;
  #count = 0;
  readonly #recent: number[] = [];

  add(loss: number): void {
    this.#recent.push(loss);
    if (this.#recent.length > RECENT) this.#recent.shift();
    this.#sum += loss;
    if (++this.#count < this.every) return;
    this.means.push(this.#sum / this.#count);
    this.#sum = this.#count = 0;
    if (this.means.length < POINTS) return;
    for (let i = 0; i < POINTS / 2; i++) this.means[i] = (this.means[2 * i]! + this.means[2 * i + 1]!) / 2;
    this.means.length = POINTS / 2;
    this.every *= 2;
  }

  /** Mean over the last steps; NaN before the first step. */
  get recent(): number {
    return this.#recent.reduce((a, b) => a + b, 0) / this.#recent.length;
  }

  /**
   * Whether the last losses are at least 1 % below those of the first half of the run; true if there are too few to
   * tell.
   */
  get areFalling(): boolean {
    const early = this.means.slice(0, this.means.length >> 1);
    if (this.means.length * this.every < 2 * RECENT) return true;
    return this.recent < 0.99 * (early.reduce((a, b) => a + b, 0) / early.length);
  }

  /** Points [step, loss] of the curve. */
  get curve(): [number, number][] {
    return this.means.map((mean, i) => [(i + 0.5) * this.every, mean]);
  }

  toJSON() {
    return {
      every: this.every,
      means: this.means,
      sum: this.#sum,
      count: this.#count,
      recent: this.#recent,
    };
  }

  /** Restores the result of `toJSON`; undefined if it is invalid. */
  static from(json: unknown): Losses | undefined {
    const { every, means, sum, count, recent } = (json ?? {}) as ReturnType<Losses['toJSON']>;
    const whole = [every, count].every((n) => Number.isSafeInteger(n) && n >= 0) && every >= 1;
    const numbers = (list: unknown, most: number) =>
      Array.isArray(list) && list.length <= most && list.every(Number.isFinite);
    if (!whole || !Number.isFinite(sum) || !numbers(means, POINTS - 1) || !numbers(recent, RECENT))
      return undefined;
    const losses = new Losses();
    losses.every = every;
    losses.means.push(...means);
    losses.#sum = sum;
    losses.#count = count;
    losses.#recent.push(...recent);
    return losses;
  }
}
