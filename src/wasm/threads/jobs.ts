import type { KernelCalls, KernelName } from '../generated/kernelCalls.ts';

/** A kernel's arguments, as numbers. */
export type Numbers = ArrayLike<number>;

/** A kernel that several threads can run together (assembly/team.ts). */
export interface Job {
  readonly name: KernelName & keyof KernelCalls;
  /** How many of its first arguments are sizes. */
  readonly sizes: number;
  /** Floating-point operations, roughly; 0: on one thread. */
  readonly work: (args: Numbers) => number;
  /**
   * Places of the arguments that are states [B, H], which become the last ones: all that it changes of what it reads.
   * Undefined if it changes more, so that it can't be run again after one that did not end.
   */
  readonly states: (args: Numbers) => readonly number[] | undefined;
}

const NONE: readonly number[] = [];
const notAgain = () => undefined;

const product = (name: Job['name'], times = 1, states: Job['states'] = () => NONE): Job => ({
  name,
  sizes: 3,
  work: (args) => 2 * times * args[0]! * args[1]! * args[2]!,
  states,
});

/** With beta, the product is added to what is there. */
const sgemm = (name: Job['name']): Job => product(name, 1, (args) => (args[7] ? undefined : NONE));

/** T, B, I, H, V: T steps of B rows. */
const sequence = (name: Job['name'], gates: number, states = NONE): Job => ({
  name,
  sizes: 5,
  work: (args) => 2 * args[0]! * args[1]! * (args[2]! + args[3]!) * gates * args[3]!,
  states: () => states,
});

/** The argument before the last one is what else happens at each step, which one thread does. */
const backward = (name: Job['name'], gates: number): Job => {
  const { work, ...job } = sequence(name, 2 * gates);
  return { ...job, work: (args) => (args[args.length - 2] ? 0 : work(args)), states: notAgain };
};

/** A job's number is its place here. */
export const JOBS: readonly Job[] = [
  sgemm('sgemm_nn'),
  sgemm('sgemm_nt'),
  sgemm('sgemm_tn'),
  product('linear_forward'),
  product('linear_backward', 2, notAgain),
  sequence('rnn_forward', 1, [13]),
  sequence('rnn_forward_train', 1),
  backward('rnn_backward', 1),
  sequence('lstm_forward', 4, [12, 13]),
  sequence('lstm_forward_train', 4),
  backward('lstm_backward', 4),
  sequence('gru_forward', 3, [12]),
  sequence('gru_forward_train', 3),
  backward('gru_backward', 3),
];
