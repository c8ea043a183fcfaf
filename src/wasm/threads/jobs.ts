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
}

const product = (name: Job['name'], times = 1): Job => ({
  name,
  sizes: 3,
  work: (args) => 2 * times * args[0]! * args[1]! * args[2]!,
});

/** T, B, I, H, V: T steps of B rows. */
const sequence = (name: Job['name'], gates: number): Job => ({
  name,
  sizes: 5,
  work: (args) => 2 * args[0]! * args[1]! * (args[2]! + args[3]!) * gates * args[3]!,
});

/** The argument before the last one is what else happens at each step, which one thread does. */
const backward = (name: Job['name'], gates: number): Job => {
  const { work, ...job } = sequence(name, 2 * gates);
  return { ...job, work: (args) => (args[args.length - 2] ? 0 : work(args)) };
};

/** A job's number is its place here. */
export const JOBS: readonly Job[] = [
  product('sgemm_nn'),
  product('sgemm_nt'),
  product('sgemm_tn'),
  product('linear_forward'),
  product('linear_backward', 2),
  sequence('rnn_forward', 1),
  sequence('rnn_forward_train', 1),
  backward('rnn_backward', 1),
  sequence('lstm_forward', 4),
  sequence('lstm_forward_train', 4),
  backward('lstm_backward', 4),
  sequence('gru_forward', 3),
  sequence('gru_forward_train', 3),
  backward('gru_backward', 3),
];
