import { number } from '../check.ts';
import type { Region } from '../memory/layout.ts';
import type { Layer, ParameterSpec, Pass, Scope } from './layer.ts';

/**
 * Zeros each element with probability p while training and scales the others by 1/(1 − p), as torch.nn.Dropout.
 * The mask comes from the model's seeded generator: the same seed gives the same masks on every engine. Outside
 * training it does nothing.
 */
export class Dropout implements Layer {
  readonly type = 'Dropout';
  readonly input = undefined;
  readonly parameters: readonly ParameterSpec[] = [];
  readonly p: number;

  /** @throws {ArgumentError} p outside 0 <= p < 1 */
  constructor(p = 0.5) {
    this.p = number('p', p, 0, 1, true);
  }

  outputSize(inputSize: number): number {
    return inputSize;
  }

  config(): Record<string, unknown> {
    return { p: this.p };
  }

  isIdle(training: boolean): boolean {
    return !training || this.p === 0;
  }

  reserve(scope: Scope, input: Region): Pass[] {
    const { kernels, generator } = scope;
    const output = scope.output('dropout', ...input.shape);
    const n = output.length;
    const threshold = Math.floor(this.p * 2 ** 32);
    const scale = 1 / (1 - this.p);
    let key = 0;
    return [
      {
        output,
        states: [],
        forward: () => {
          key = generator.next();
          kernels.dropout(n, key, 0, threshold, scale, input.ptr, output.ptr);
        },
        backward: (dy, dx) => {
          if (dx) kernels.dropout(n, key, 0, threshold, scale, dy, dx);
        },
      },
    ];
  }
}
