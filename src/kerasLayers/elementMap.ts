import { keyOf } from '../check.ts';
import type { CustomLayer, LayerBackward, LayerForward } from '../custom/layer.ts';
import { check } from './arguments.ts';

/** A function of a number with parameters a, b and c, and its derivative. */
type Row = readonly [
  value: (x: number, a: number, b: number, c: number) => number,
  slope: (x: number, a: number, b: number, c: number) => number,
];

const { abs, sqrt, log, sign, min, max } = Math;

/** Functions by name. */
const FUNCTIONS = {
  abs: [abs, sign],
  square: [(x) => x * x, (x) => 2 * x],
  sqrt: [sqrt, (x) => 0.5 / sqrt(x)],
  reciprocal: [(x) => 1 / x, (x) => -1 / (x * x)],
  rsqrt: [(x) => 1 / sqrt(x), (x) => -0.5 / (x * sqrt(x))],
  // these two are the JavaScript engine's, whose last bits differ
  log: [log, (x) => 1 / x],
  power: [(x, a) => x ** a, (x, a) => a * x ** (a - 1)],
  /** Clamped to a … b. */
  clip: [(x, a, b) => min(max(x, a), b), (x, a, b) => Number(x >= a && x <= b)],
  /** Keras's ReLU: at most a, slope b below the threshold c. */
  relu: [(x, a, b, c) => (x >= c ? min(x, a) : b * (x - c)), (x, a, b, c) => (x >= c ? Number(x <= a) : b)],
} as const satisfies Readonly<Record<string, Row>>;

/** Options of `ElementMap`. */
export interface ElementMapOptions {
  /** Name of the function. */
  readonly function: keyof typeof FUNCTIONS;
  /** Its parameters. Default: none. */
  readonly parameters?: readonly number[] | undefined;
}

/** A function of each element, without parameters that are trained. */
export class ElementMap implements CustomLayer {
  /** Class name, as in saved models. */
  readonly type = 'ElementMap';
  /** Each step is independent. */
  readonly states = {};
  readonly #opts: ElementMapOptions;
  readonly #row: Row;
  readonly #args: readonly number[];

  /** @throws {ArgumentError} if the function is unknown, or a parameter is no number */
  constructor(opts: ElementMapOptions) {
    this.#row = FUNCTIONS[keyOf('function', opts.function, FUNCTIONS)];
    this.#args = check.numbers('parameters', opts.parameters ?? []);
    this.#opts = opts;
  }

  /** Output features for the given input features. */
  outputSize(inputSize: number): number {
    return inputSize;
  }

  /** The constructor's argument as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { ...this.#opts };
  }

  /** Writes the output. */
  forward({ input, output }: LayerForward): void {
    const [value] = this.#row;
    const [a = 0, b = 0, c = 0] = this.#args;
    for (let i = 0; i < input.length; i++) output[i] = value(input[i]!, a, b, c);
  }

  /** Writes the gradient of the input. */
  backward({ input, outputGradient, inputGradient }: LayerBackward): void {
    const [, slope] = this.#row;
    const [a = 0, b = 0, c = 0] = this.#args;
    for (let i = 0; i < input.length; i++) inputGradient[i] = outputGradient[i]! * slope(input[i]!, a, b, c);
  }
}
