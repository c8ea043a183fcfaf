import { options } from '../../check.ts';
import { ArgumentError, Words } from '../../errors.ts';
import { isNumbers, type NDArray } from '../../ndarray.ts';
import type { Runner } from './runner.ts';

/** Where a stream is: plain data, for `structuredClone`, `postMessage`, IndexedDB. */
export interface StreamState {
  /** States by layer, h or c, and which one of a stack, such as `1.h_l0`: [B, features]. */
  readonly states: Readonly<Record<string, NDArray>>;
  /** Last output [outputSize] of each row; null where a row has made no step. */
  readonly outputs: readonly (Float32Array<ArrayBuffer> | null)[];
}

/** Copies `count` rows from `first` on. */
export function readRunner(runner: Runner, first: number, count: number): StreamState {
  return {
    states: runner.read(first, count),
    outputs: Array.from({ length: count }, (_, row) => runner.readOutput(first + row)),
  };
}

/** Overwrites `count` rows from `first` on, once everything fits. `outputs`: also what `sample` draws from. */
export function writeRunner(
  runner: Runner,
  state: StreamState,
  first: number,
  count: number,
  withOutputs = true,
): void {
  if (state === undefined) throw new ArgumentError('state', 'what snapshot() gave', state);
  const { states, outputs } = options('state', state, ['states', 'outputs']);
  if (!Array.isArray(outputs)) throw new ArgumentError('state.outputs', 'an array', outputs);
  if (outputs.length !== count) {
    const rows = (n: number) => `${n} row${n === 1 ? '' : 's'}`;
    throw new ArgumentError('state', rows(count), new Words(rows(outputs.length)));
  }
  const n = runner.network.outputSize;
  for (const [row, output] of outputs.entries()) {
    if (output !== null && (!isNumbers(output) || output.length !== n)) {
      throw new ArgumentError(`state.outputs[${row}]`, `${n} numbers or null`, output);
    }
  }
  if (typeof states !== 'object' || states === null) {
    throw new ArgumentError('state.states', 'an object of arrays by name', states);
  }
  runner.writer(states, first, count)();
  if (withOutputs) for (const [row, output] of outputs.entries()) runner.writeOutput(first + row, output);
}
