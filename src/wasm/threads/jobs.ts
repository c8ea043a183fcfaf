import { CONFIGURABLE_LSTM } from '../generated/constants.ts';
import { Recurrence } from '../generated/structs.ts';
import { NAMES } from './names.ts';

/** Numbers that say what a kernel does: its arguments, or a memory with the descriptor that its argument points to. */
export type Numbers = ArrayLike<number>;

/** What is known of a kernel's numbers, the first of which is `of[at]`. */
export interface Job {
  readonly name: (typeof NAMES)[number];
  /** Its numbers are the fields of a Recurrence in memory. */
  readonly described: boolean;
  /** How many of its first numbers are sizes. */
  readonly sizes: number;
  /** Floating-point operations, roughly; 0: on one thread. */
  readonly work: (of: Numbers, at: number) => number;
  /**
   * Places of the numbers that are states of `stateSize` floats, which become the last ones: all that it changes of what it reads.
   * Undefined if it changes more, so that it can't be run again after one that did not end.
   */
  readonly states: (of: Numbers, at: number) => readonly number[] | undefined;
  readonly stateSize: (of: Numbers, at: number) => number;
}

type Known = Omit<Job, 'name'>;

const NONE: readonly number[] = [];
const notAgain = () => undefined;

const product = (times = 1, states: Job['states'] = () => NONE): Known => ({
  described: false,
  sizes: 3,
  work: (of) => 2 * times * of[0]! * of[1]! * of[2]!,
  states,
  stateSize: () => 0,
});

/** With beta, the product is added to what is there. */
const sgemm = product(1, (of) => (of[7] ? undefined : NONE));

/** T, B, I, H, V: T steps of B rows. */
const sequence = (gates: number, states = NONE): Known => ({
  described: false,
  sizes: 5,
  work: (of) => 2 * of[0]! * of[1]! * (of[2]! + of[3]!) * gates * of[3]!,
  states: () => states,
  stateSize: (of) => of[1]! * of[3]!,
});

/** The argument before the last one is what else happens at each step, which one thread does. */
const backward = (gates: number): Known => {
  const { work, ...job } = sequence(2 * gates);
  return { ...job, work: (of, at) => (of[of.length - 2] ? 0 : work(of, at)), states: notAgain };
};

const FIELDS = Object.keys(Recurrence);
/** Words of a Recurrence. */
export const DESCRIBED = FIELDS.length;
const placeOf = (name: keyof typeof Recurrence) => FIELDS.indexOf(name);
const CELL = placeOf('cell');
const T = placeOf('T');
const B = placeOf('B');
const I = placeOf('I');
const H = placeOf('H');
const W = placeOf('W');
const TRAINING = placeOf('training');
/** What is summed over rows within a step is left to one thread: gradients of layer norm, of peepholes and of Ω, a watch. */
const SUMMED = (['lnIhWeight', 'lnHhWeight', 'lnCWeight', 'wCi', 'omega', 'watch'] as const).map(placeOf);
/** Rows that two threads can share (LEAST_ROWS of assembly/team.ts each). */
const LEAST_ROWS = 8;
const H_ONLY = [placeOf('h')];
const H_AND_C = [placeOf('h'), placeOf('c')];

/** Gates by cell (assembly/configurable/kinds.ts). */
const GATES = [1, 4, 3, 3];

/** Steps of a Recurrence. */
const configurable = (times: number, states: Job['states']): Known => ({
  described: true,
  sizes: placeOf('heads') + 1,
  work: (of, at) => {
    const rows = of[at + B]!;
    const hidden = of[at + H]!;
    if (rows < LEAST_ROWS || of[at + W] !== hidden) return 0;
    for (const place of SUMMED) if (of[at + place]) return 0;
    return 2 * times * of[at + T]! * rows * (of[at + I]! + hidden) * GATES[of[at + CELL]!]! * hidden;
  },
  states,
  stateSize: (of, at) => of[at + B]! * of[at + H]!,
});

const KNOWN: Readonly<Record<Job['name'], Known>> = {
  sgemm_nn: sgemm,
  sgemm_nt: sgemm,
  sgemm_tn: sgemm,
  linear_forward: product(),
  linear_backward: product(2, notAgain),
  rnn_forward: sequence(1, [13]),
  rnn_forward_train: sequence(1),
  rnn_backward: backward(1),
  lstm_forward: sequence(4, [12, 13]),
  lstm_forward_train: sequence(4),
  lstm_backward: backward(4),
  gru_forward: sequence(3, [12]),
  gru_forward_train: sequence(3),
  gru_backward: backward(3),
  configurable_forward: configurable(1, (of, at) => {
    if (of[at + TRAINING]) return NONE;
    return of[at + CELL] === CONFIGURABLE_LSTM ? H_AND_C : H_ONLY;
  }),
  configurable_backward: configurable(2, notAgain),
};

export const JOBS: readonly Job[] = NAMES.map((name) => ({ name, ...KNOWN[name] }));
