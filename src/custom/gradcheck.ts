import { doubles, elements } from '../allocate.ts';
import { integer, number, options } from '../check.ts';
import { initialNumbers } from '../engine/initialNumbers.ts';
import { ArgumentError } from '../errors.ts';
import { Generator } from '../init/generator.ts';
import { AdaptedLayer, isCustomLayer } from './adaptLayer.ts';
import { finished } from './finished.ts';
import type { CustomLayer, LayerBackward, Views } from './layer.ts';
import { type CustomLoss, evaluated, isCustomLoss } from './loss.ts';

/** Options of `gradcheck`. */
export interface GradcheckShapes {
  /** Rows for a loss, sequences for a layer. Default 3. */
  readonly batch?: number | undefined;
  /** Steps for a layer that is called once per sequence. Default 4. */
  readonly steps?: number | undefined;
  /** Input features per row. Default: the layer's `inputSize`, otherwise 5. */
  readonly inputSize?: number | undefined;
  /** Maximum relative error. Default 1e-3. */
  readonly tolerance?: number | undefined;
  /** Seed of the random numbers. Default 0. */
  readonly seed?: number | undefined;
}

/** Step of the central differences. */
const STEP = 1e-4;

/**
 * Compares the gradients of a custom layer or loss with central differences in float64. The arrays it is called with
 * are Float64Arrays, so that rounding does not hide a wrong gradient.
 *
 * @returns the largest error: |gradient − difference| divided by the larger of the two, or by 1 % of the largest
 * difference of the same array if that is larger
 * @throws {ArgumentError} if a gradient is wrong: `argument` names the array and the element
 */
export function gradcheck(of: CustomLayer | CustomLoss, shapes?: GradcheckShapes): number {
  const given = options('gradcheck', shapes, {
    batch: true,
    steps: true,
    inputSize: true,
    tolerance: true,
    seed: true,
  });
  const batch = integer('batch', given.batch ?? 3, 1);
  const steps = integer('steps', given.steps ?? 4, 1);
  const tolerance = number('tolerance', given.tolerance ?? 1e-3, 0);
  const own = isCustomLayer(of) ? of.inputSize : undefined;
  const inputSize = integer('inputSize', given.inputSize ?? own ?? 5, 1);
  const draw = new Drawer(given.seed ?? 0);
  if (isCustomLoss(of)) return check(lossProblem(of, draw, batch, inputSize), tolerance);
  if (isCustomLayer(of)) return check(layerProblem(of, draw, batch, steps, inputSize), tolerance);
  throw new ArgumentError('of', 'a custom layer or loss', of);
}

/** A scalar function of arrays, and its gradients. */
interface Problem {
  readonly arrays: Readonly<Record<string, Float64Array>>;
  value(): number;
  gradients(): Readonly<Record<string, ArrayLike<number>>>;
}

function check({ arrays, value, gradients }: Problem, tolerance: number): number {
  const found = gradients();
  let worst = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const differences = array.map((kept, i) => {
      array[i] = kept + STEP;
      const high = value();
      array[i] = kept - STEP;
      const low = value();
      array[i] = kept;
      return (high - low) / (2 * STEP);
    });
    const least = Math.max(...differences.map(Math.abs), 1e-6) / 100;
    for (const [i, difference] of differences.entries()) {
      const gradient = found[name]![i]!;
      const error =
        Math.abs(gradient - difference) / Math.max(Math.abs(gradient), Math.abs(difference), least);
      if (!(error <= tolerance)) {
        throw new ArgumentError(
          `${name}[${i}]`,
          `a gradient of ${difference} (central difference)`,
          gradient,
        );
      }
      worst = Math.max(worst, error);
    }
  }
  return worst;
}

function lossProblem(loss: CustomLoss, draw: Drawer, rows: number, size: number): Problem {
  const output = draw.floats(rows * size);
  const target =
    loss.targets === 'indices'
      ? Int32Array.from({ length: rows }, () => draw.below(size))
      : draw.floats(rows * size);
  const evaluate = (gradient?: Float64Array) =>
    evaluated(loss, asViews(output), target, gradient && asViews(gradient));
  return {
    arrays: { output },
    value: () => evaluate(),
    gradients: () => {
      const gradient = doubles(output.length);
      evaluate(gradient);
      return { output: gradient };
    },
  };
}

/** The sum of a layer's outputs and states after the step, weighted by random numbers. */
function layerProblem(
  layer: CustomLayer,
  draw: Drawer,
  batch: number,
  steps: number,
  inputSize: number,
): Problem {
  const adapted = new AdaptedLayer(layer);
  const { parameters, needsFuture, reducesSteps } = adapted;
  for (const { name, shape, init } of parameters) initialNumbers(name, shape, init, new Generator(0));
  // sequences of different lengths
  const sizes = needsFuture ? Array.from({ length: steps }, (_, t) => Math.max(batch - t, 1)) : [batch];
  const batchSizes = Int32Array.from(sizes);
  const rows = sizes.reduce((a, b) => a + b);
  const outputs = (reducesSteps ? batch : rows) * adapted.outputSize(inputSize);
  const states = Object.entries(layer.states ?? {});
  const input = draw.floats(rows * inputSize);
  const weights = parameters.map(({ name, shape }) => [name, draw.floats(elements(shape))] as const);
  const before = states.map(([name, n]) => [name, draw.floats(rows * n)] as const);
  const outputGradient = draw.floats(outputs);
  const afterGradient = states.map(([name, n]) => [name, draw.floats(rows * n)] as const);
  const zeros = (all: readonly (readonly [string, Float64Array])[]) =>
    all.map(([name, { length }]) => [name, doubles(length)] as const);
  const forward = () => {
    const after = zeros(before);
    const pass = {
      input: asViews(input),
      output: asViews(doubles(outputs)),
      parameters: named(weights),
      batchSizes,
      before: named(before),
      after: named(after),
      saved: asViews(doubles(rows * (layer.saved ?? 0))),
    };
    finished(`${layer.type}.forward`, layer.forward(pass));
    return pass;
  };
  return {
    arrays: Object.fromEntries([
      ['input', input],
      ...weights.map(([name, values]) => [`parameters.${name}`, values]),
      ...before.map(([name, values]) => [`before.${name}`, values]),
    ]),
    value: () => {
      const { output, after } = forward();
      return (
        dot(output, outputGradient) + afterGradient.reduce((sum, [name, g]) => sum + dot(after[name]!, g), 0)
      );
    },
    gradients: () => {
      const inputGradient = doubles(input.length);
      const gradients = zeros(weights);
      const beforeGradient = zeros(before);
      const pass: LayerBackward = {
        ...forward(),
        outputGradient: asViews(outputGradient),
        inputGradient: asViews(inputGradient),
        gradients: named(gradients),
        afterGradient: named(afterGradient),
        beforeGradient: named(beforeGradient),
      };
      finished(`${layer.type}.backward`, layer.backward(pass));
      return Object.fromEntries([
        ['input', inputGradient],
        ...gradients.map(([name, values]) => [`parameters.${name}`, values]),
        ...beforeGradient.map(([name, values]) => [`before.${name}`, values]),
      ]);
    },
  };
}

/** Random numbers in ±1. */
class Drawer {
  readonly #generator: Generator;

  constructor(seed: number) {
    this.#generator = new Generator(seed);
  }

  floats(n: number): Float64Array {
    return Float64Array.from({ length: n }, () => 2 * this.#generator.uniform() - 1);
  }

  below(n: number): number {
    return Math.floor(this.#generator.uniform() * n);
  }
}

/** A layer's code works with either. */
function asViews(values: Float64Array): Float32Array {
  return values as unknown as Float32Array;
}

function named(all: readonly (readonly [string, Float64Array])[]): Views {
  return Object.fromEntries(all.map(([name, values]) => [name, asViews(values)]));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
