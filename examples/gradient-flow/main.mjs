// node examples/gradient-flow/main.mjs [--seed N]: what docs/gradient-flow.md shows.
import { parseArgs } from 'node:util';
import { init } from 'unrolled';
import { CELLS, DELAY, recall, SYMBOLS, UPDATES } from './recall.mjs';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const seed = Number(values.seed);
await init({ kernels: 'simd' });

const after = [1 / 8, 1 / 4, 1 / 2, 1].map((part) => part * UPDATES);
console.log(
  `One of ${SYMBOLS} symbols, named ${DELAY} steps after it was shown: loss after so many updates, accuracy`,
);
console.log(['', ...after.map((update) => String(update).padStart(6)), 'accuracy'].join('  ').padStart(62));
for (const cell of Object.keys(CELLS)) {
  const { accuracy, lossAfter } = recall(cell, seed);
  const losses = after.map((update) => lossAfter(update).toFixed(3).padStart(6));
  console.log([cell.padEnd(20), ...losses, `${(100 * accuracy).toFixed(1)} %`.padStart(8)].join('  '));
}
