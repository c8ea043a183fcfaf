import { type ConfigurableOptions, runConfigurable } from './configurable.ts';
import { numericGradient, relativeError } from './gradcheck.ts';
import { type ConfigurableCell, parameterShapes, suffixes } from './parameters.ts';
import { generator, uniform } from './random.ts';
import type { Tensors } from './stack.ts';

/** Random parameters, inputs, states and upstream gradients for a configuration. */
export interface ConfigurableCase {
  config: ConfigurableCell;
  params: Tensors;
  /** [T, B, I] */
  input: Float64Array;
  h0: Float64Array | undefined;
  c0: Float64Array | undefined;
  up: { output: Float64Array; hN: Float64Array; cN: Float64Array };
  next: () => number;
}

export function configurableCase(config: ConfigurableCell, steps: number, seed: number): ConfigurableCase {
  const next = generator(seed);
  const { batch: B, inputSize, hiddenSize: H, cell } = config;
  const params: Tensors = {};
  for (const [name, [rows, cols]] of Object.entries(parameterShapes(config))) {
    params[name] = uniform(next, rows * cols);
  }
  const states = suffixes(config).length * B;
  const input = uniform(next, steps * B * inputSize);
  const h0 = cell === 'sru' ? undefined : uniform(next, states * (config.projSize || H));
  const c0 = cell === 'lstm' || cell === 'sru' ? uniform(next, states * H) : undefined;
  const { output, hN, cN } = runConfigurable(config, params, input, { h0, c0 });
  const like = (a: Float64Array) => uniform(next, a.length);
  return { config, params, input, h0, c0, up: { output: like(output), hN: like(hN), cN: like(cN) }, next };
}

/** `count` masks of `length`: each element is 0, or `kept` for about half of them. */
export function masks(next: () => number, count: number, length: number, kept: number): Float64Array[] {
  return Array.from({ length: count }, () => Float64Array.from({ length }, () => (next() < 0.5 ? 0 : kept)));
}

/** What `backward` gives against central differences: relative to max(|value|, 0.01), the worst by name. */
export function gradientErrors(
  given: ConfigurableCase,
  options: ConfigurableOptions = {},
): Record<string, number> {
  const { config, params, input, h0, c0, up } = given;
  const run = () => runConfigurable(config, params, input, { h0, c0, ...options });
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const loss = () => {
    const { output, hN, cN } = run();
    return dot(output, up.output) + dot(hN, up.hN) + dot(cN, up.cN);
  };
  const gradients = run().backward(up);
  const leaves: Tensors = { ...params, input, ...(h0 && { h_0: h0 }), ...(c0 && { c_0: c0 }) };
  if (Object.keys(gradients).sort().join() !== Object.keys(leaves).sort().join()) {
    throw new Error(`gradients of ${Object.keys(gradients)}, leaves ${Object.keys(leaves)}`);
  }
  return Object.fromEntries(
    Object.entries(leaves).map(([name, leaf]) => [
      name,
      relativeError(gradients[name]!, numericGradient(loss, leaf), 1e-2),
    ]),
  );
}
