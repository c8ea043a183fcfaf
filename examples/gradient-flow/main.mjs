// node examples/gradient-flow/main.mjs [--seed N]: what docs/gradient-flow.md shows.
import { parseArgs } from 'node:util';
import { init } from 'unrolled';
import { chart } from './chart.mjs';
import { flowOf, LAYERS } from './norms.mjs';
import { CELLS, DELAY, recall, SYMBOLS, UPDATES } from './recall.mjs';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const seed = Number(values.seed);
await init({ kernels: 'simd' });
showNorms();
showRecall();

/** ‖∂L/∂h_t‖ against t, and what is made of it. */
function showNorms() {
  const flows = Object.entries(LAYERS).map(([sign, { name }]) => ({ sign, name, ...flowOf(sign, seed) }));
  const curves = Object.fromEntries(flows.map(({ sign, hNorm }) => [sign, hNorm.map(Math.log10)]));
  const y = (log) => `1e${log.toFixed(1)}`;
  console.log(`‖∂L/∂h_t‖ of a loss at step ${DELAY} only`);
  console.log(chart(curves, { width: DELAY + 1, height: 19, y, x: ['t = 0', `t = ${DELAY}`] }));
  for (const { sign, name, meanRatio, verdict, share } of flows) {
    const left = `${meanRatio.toFixed(3)} per step, ${share.toPrecision(2)} after ${DELAY + 1} steps`;
    console.log(`${sign}  ${name.padEnd(26)}  ${left}: ${verdict}`);
  }
  for (const { sign, gates } of flows.filter(({ gates }) => gates.length === 1)) {
    console.log(`${sign}  ${gates[0].bound}`);
  }
}

/** Losses, accuracies, and what the first update told. */
function showRecall() {
  const after = [1 / 8, 1 / 4, 1 / 2, 1].map((part) => part * UPDATES);
  console.log(
    `\nOne of ${SYMBOLS} symbols, named ${DELAY} steps after it was shown: loss by update, accuracy,`,
  );
  console.log('and what is left of the gradient at the first update');
  const head = ['', ...after.map((update) => String(update).padStart(5)), 'accuracy'].join('  ');
  console.log(`${head.padStart(58)}  left after ${DELAY + 1} steps`);
  const curves = {};
  for (const cell of Object.keys(CELLS)) {
    const { accuracy, losses, lossAfter, flow } = recall(cell, seed);
    const shown = after.map((update) => lossAfter(update).toFixed(3).padStart(5));
    const told = `${flow.share.toExponential(1)}, ${flow.verdict}`;
    console.log([cell.padEnd(20), ...shown, `${(100 * accuracy).toFixed(1)} %`.padStart(8), told].join('  '));
    const sign = { RNN: 'r', 'LSTM, forget bias 4': 'l', 'GRU, update bias 4': 'g' }[cell];
    if (sign) curves[sign] = means(losses, UPDATES / 50);
  }
  console.log('\nLoss by update: r RNN, l LSTM, forget bias 4, g GRU, update bias 4');
  const y = (loss) => loss.toFixed(2);
  console.log(chart(curves, { width: 50, height: 13, y, x: ['1', String(UPDATES)] }));
}

/** Of so many numbers each. */
function means(numbers, size) {
  return Array.from({ length: numbers.length / size }, (_, i) => {
    return numbers.slice(i * size, (i + 1) * size).reduce((sum, x) => sum + x, 0) / size;
  });
}
