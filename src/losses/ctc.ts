import { integer, options } from '../check.ts';
import { requireKernel } from '../wasm/runtime.ts';
import type { Loss } from './loss.ts';

/** Options of `ctc`. */
export interface CTCOptions {
  /** Index of the blank. Default 0. */
  readonly blank?: number | undefined;
}

/**
 * Connectionist temporal classification (Graves et al. 2006), as torch.nn.CTCLoss with reduction `'mean'` and without
 * zero_infinity: −ln of the probability of each row's labels, divided by their number (at least 1), averaged over the rows of
 * the batch. The output is logits [T, B, classes]; softmax is part of the loss. Targets are labels `{ data, shape: [S, B],
 * lengths }`: lengths [B] labels of each row, default S. The number of steps of a row is that of the output, from the
 * `lengths` of the step.
 *
 * A row whose labels need more steps than it has is refused: one step per label, and one between equal ones.
 *
 * @throws {ArgumentError} if an option is unknown, or blank is not an integer of at least 0
 */
export function ctc(opts?: CTCOptions): Loss {
  const { blank = 0 } = options('ctc', opts, { blank: true });
  integer('blank', blank, 0, 2 ** 31 - 1);
  return {
    name: 'ctc',
    targets: 'indices',
    ignoreIndex: -1,
    blank,
    count: (rows) => rows,
    run(kernels, { rows, size, output, targets, gradient, count, labels }) {
      requireKernel(kernels, 'ctc');
      const { length, work, index } = labels!;
      const scale = 1 / (count * Math.max(length, 1));
      // biome-ignore format: the order of the kernel's arguments
      const loss = kernels.ctc(rows, size, output, index, length, targets, blank, scale, gradient, work);
      return loss / Math.max(length, 1);
    },
  };
}
