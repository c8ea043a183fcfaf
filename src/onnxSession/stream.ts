import { reading } from '../errors.ts';
import { checkName, newResult, type OnnxFeed, type OnnxOutputs, type OnnxPort } from './tensors.ts';

/** Options of `stream`. */
export interface OnnxStreamOptions {
  /** States: the input that takes each output in the next step. */
  readonly states: Readonly<Record<string, string>>;
  /** First values of states by the name of the input. Default: zeros, with size 1 where the file leaves it free. */
  readonly initial?: Readonly<Record<string, OnnxFeed>> | undefined;
}

/** The names of what a stream runs. */
interface Ports {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** One run, whose results may overwrite those of another one. */
type Run = (feeds: Readonly<Record<string, OnnxFeed>>, outputs: OnnxOutputs | undefined) => OnnxOutputs;

/** A model that runs step by step. */
export class OnnxStream {
  readonly #run: Run;
  readonly #states: readonly (readonly [output: string, input: string])[];
  readonly #start: Readonly<Record<string, OnnxFeed>>;
  readonly #feeds: Record<string, OnnxFeed> = {};
  /** Results take turns: a step reads the states of the one before. */
  readonly #results: OnnxOutputs[] = [];
  #turn = 0;

  /** @internal */
  constructor(
    session: Ports,
    opts: OnnxStreamOptions,
    shapeOf: (input: string) => readonly number[],
    run: Run,
  ) {
    this.#run = run;
    this.#states = reading('states', opts?.states, () => Object.entries(opts.states));
    const { initial = {} } = opts;
    const start: Record<string, OnnxFeed> = {};
    for (const [output, input] of this.#states) {
      checkName('states', 'outputs among', session.outputs, output);
      checkName(`states.${output}`, 'an input among', session.inputs, input);
      start[input] = initial[input] ?? newResult(1, shapeOf(input));
    }
    this.#start = start;
    this.reset();
  }

  /** Sets the states to their first values. */
  reset(): void {
    Object.assign(this.#feeds, this.#start);
  }

  /**
   * Runs one step.
   * @param feeds the inputs that are no states
   * @returns all outputs; the arrays are overwritten two steps later
   * @throws as {@link OnnxSession.run}; the states stay as they were
   */
  step(feeds: Readonly<Record<string, OnnxFeed>>): OnnxOutputs {
    for (const name in feeds) this.#feeds[name] = feeds[name]!;
    const results = (this.#results[this.#turn] = this.#run(this.#feeds, this.#results[this.#turn]));
    this.#turn = 1 - this.#turn;
    for (let i = 0; i < this.#states.length; i++) {
      const state = this.#states[i]!;
      this.#feeds[state[1]] = results[state[0]]!;
    }
    return results;
  }
}
