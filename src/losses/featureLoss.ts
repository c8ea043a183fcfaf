import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import type { Loss, LossArguments } from './loss.ts';

/** A loss of features, the mean over all elements; `run` gets how many of them it is called for. */
export function featureLoss(
  name: string,
  run: (kernels: KernelCalls, elements: number, args: LossArguments) => number,
): Loss {
  return {
    name,
    targets: 'features',
    ignoreIndex: -1,
    count: (rows, size) => rows * size,
    run: (kernels, args) => run(kernels, args.rows * args.size, args),
  };
}
