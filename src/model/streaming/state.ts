import { options, record } from '../../check.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import { isNumbers, type NDArray, readShaped } from '../../ndarray.ts';
import { settledList } from '../../settled.ts';
import type { Runner } from '../core/runner.ts';

/** State of a stream as plain data, for `structuredClone`, `postMessage` or IndexedDB. */
export interface StreamState {
  /** States [B, features] by layer, state and stacked layer, such as `1.h_l0`. */
  readonly states: Readonly<Record<string, NDArray>>;
  /** Last output [outputSize] of each row; null if the row has made no step. */
  readonly outputs: readonly (Float32Array<ArrayBuffer> | null)[];
}

/** Copies `count` rows from `first` on. */
export function readRunner(runner: Runner, first: number, count: number): StreamState {
  runner.network.free('snapshot');
  return {
    states: readStates(runner, first, count),
    outputs: Array.from({ length: count }, (_, row) => readOutput(runner, first + row)),
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
  const { network } = runner;
  network.enter('restore');
  try {
    restore(runner, state, first, count, withOutputs);
  } finally {
    network.leave();
  }
}

function restore(
  runner: Runner,
  state: StreamState,
  first: number,
  count: number,
  withOutputs: boolean,
): void {
  if (state === undefined) throw new ArgumentError('state', 'the result of snapshot()', state);
  const { states, outputs } = options('state', state, { states: true, outputs: true });
  if (!Array.isArray(outputs)) throw new ArgumentError('state.outputs', 'an array', outputs);
  const { length } = outputs;
  if (length !== count) {
    const rows = (n: number) => `${n} row${n === 1 ? '' : 's'}`;
    throw new ArgumentError('state', rows(count), new Verbatim(rows(length)));
  }
  const n = runner.network.outputSize;
  const last = Array.from({ length }, (_, row): ArrayLike<number> | null => settledList(outputs[row]));
  for (const [row, output] of last.entries()) {
    if (output !== null && (!isNumbers(output) || output.length !== n)) {
      throw new ArgumentError(`state.outputs[${row}]`, `${n} numbers or null`, output);
    }
  }
  writeStates(runner, record('state.states', states, 'an object of arrays by name'), first, count);
  for (const [row, output] of withOutputs ? last.entries() : []) {
    runner.forget(first + row);
    if (!output) continue;
    runner.network.arena.f32.set(output, runner.lastOf(first + row) / 4);
    runner.fresh[first + row] = 0;
  }
}

function readStates({ network, live }: Runner, first: number, count: number): Record<string, NDArray> {
  const { states, stateNames } = live.plan;
  return Object.fromEntries(
    states.map(({ initial: { ptr, shape } }, i) => {
      const W = shape[1]!;
      return [
        stateNames[i]!,
        { data: network.arena.read({ ptr: ptr + 4 * first * W, length: count * W }), shape: [count, W] },
      ];
    }),
  );
}

/** Overwrites all states of `count` rows from `first` on, once all were checked. */
function writeStates(
  { network, live }: Runner,
  given: Readonly<Record<string, NDArray>>,
  first: number,
  count: number,
): void {
  const { states, stateNames } = live.plan;
  const names = Object.keys(given);
  if (names.length !== states.length || !names.every((name) => stateNames.includes(name))) {
    throw new ArgumentError('state.states', stateNames.join(', ') || 'none', names);
  }
  const values = states.map(({ initial: { shape } }, i) => {
    const name = stateNames[i]!;
    return readShaped(`state.states['${name}']`, given[name]!, [count, shape[1]!]);
  });
  for (const [i, { initial }] of states.entries()) {
    network.arena.f32.set(values[i]!, initial.ptr / 4 + first * initial.shape[1]!);
  }
}

/** Last output of a row, as a copy; null where there is none. */
function readOutput(runner: Runner, row: number): Float32Array<ArrayBuffer> | null {
  if (runner.fresh[row]) return null;
  const { arena, outputSize } = runner.network;
  return arena.read({ ptr: runner.lastOf(row), length: outputSize });
}
