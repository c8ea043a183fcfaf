import { number } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import { type Initializer, uniform } from '../../init/initializers.ts';

interface Options {
  readonly bias?: boolean | 'single' | undefined;
  readonly forgetBias?: number | undefined;
  readonly init?: Readonly<Record<string, Initializer>> | undefined;
}

/** Adds the forget gate's bias to the initializers. @throws {ArgumentError} with bias false */
export function withForgetBias<T extends Options>(opts: T, hiddenSize: number): T {
  const { forgetBias } = opts;
  if (forgetBias === undefined) return opts;
  number('forgetBias', forgetBias);
  if (opts.bias === false) throw new ArgumentError('forgetBias', 'undefined with bias: false', forgetBias);
  const part =
    (value: number, other = uniform(1 / Math.sqrt(hiddenSize))): Initializer =>
    (shape, generator) =>
      other(shape, generator).fill(value, hiddenSize, 2 * hiddenSize);
  const init = {
    ...opts.init,
    bias_ih: part(forgetBias, opts.init?.bias_ih),
    bias_hh: part(0, opts.init?.bias_hh),
  };
  return { ...opts, init };
}
