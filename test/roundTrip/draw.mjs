import * as unrolled from '../../dist/index.js';

/** Numbers, tensors and parameters by seed. */
export class Draw {
  #random;

  constructor(seed) {
    this.#random = new unrolled.Generator(seed);
  }

  chance(p) {
    return this.#random.uniform() < p;
  }

  int(least, most) {
    return least + this.#random.integer(most - least + 1);
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** Some of the options, each by its chance: { name: [chance, list of values] }. */
  options(table) {
    const entries = Object.entries(table).map(([name, [p, list]]) => [name, this.chance(p), this.pick(list)]);
    return Object.fromEntries(entries.flatMap(([name, has, value]) => (has ? [[name, value]] : [])));
  }

  #array(Kind, shape, value) {
    const length = shape.reduce((a, b) => a * b, 1);
    return { data: Kind.from({ length }, value), shape };
  }

  features(...shape) {
    return this.#array(Float32Array, shape, () => 2 * this.#random.uniform() - 1);
  }

  indices(n, ...shape) {
    return this.#array(Int32Array, shape, () => this.int(0, n - 1));
  }

  /** Parameters and statistics of a model that are not the initial ones. */
  stir(model) {
    const stirred = Object.entries(model.stateDict()).map(([name, { data, shape }]) => {
      const width = 3.2 / (shape.length > 1 ? shape[1] : 2);
      const value = name.endsWith('running_var')
        ? () => 0.5 + this.#random.uniform()
        : () => width * (this.#random.uniform() - 0.5);
      return [name, { data: Float32Array.from(data, value), shape }];
    });
    model.loadStateDict(Object.fromEntries(stirred));
    return model;
  }
}
