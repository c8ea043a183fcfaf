import { ArgumentError, reading } from '../errors.ts';
import { namesOf, newResult, type OnnxFeed, type OnnxOutputs, type OnnxPort } from './tensors.ts';

/** Options of `stream`. */
export interface OnnxStreamOptions {
  /** States: the input that takes each output in the next step. */
  readonly states: Readonly<Record<string, string>>;
  /** First values of states by the name of the input. Default: zeros, with size 1 where the file leaves it free. */
  readonly initial?: Readonly<Record<string, OnnxFeed>> | undefined;
}

/** What a stream runs. */
interface Runs {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  run(feeds: Readonly<Record<string, OnnxFeed>>, opts: { outputs?: OnnxOutputs | undefined }): OnnxOutputs;
}

/** A model that runs step by step. */
export class OnnxStream {
  readonly #session: Runs;
  readonly #states: readonly (readonly [output: string, input: string])[];
  readonly #start: Readonly<Record<string, OnnxFeed>>;
  readonly #feeds: Record<string, OnnxFeed> = {};
  /** Results take turns: a step reads the states of the one before. */
  readonly #results: readonly { outputs?: OnnxOutputs | undefined }[] = [{}, {}];
  #turn = 0;

  /** @internal */
  constructor(session: Runs, opts: OnnxStreamOptions, shapeOf: (input: string) => readonly number[]) {
    this.#session = session;
    this.#states = reading('states', opts?.states, () => Object.entries(opts.states));
    const { initial = {} } = opts;
    const start: Record<string, OnnxFeed> = {};
    for (const [output, input] of this.#states) {
      const check = (argument: string, what: string, ports: readonly OnnxPort[], given: string) => {
        if (!ports.some(({ name }) => name === given))
          throw new ArgumentError(argument, `${what} among ${namesOf(ports)}`, given);
      };
      check('states', 'outputs', session.outputs, output);
      check(`states.${output}`, 'an input', session.inputs, input);
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
    const turn = this.#results[this.#turn]!;
    const results = this.#session.run(this.#feeds, turn);
    turn.outputs = results;
    this.#turn = 1 - this.#turn;
    for (let i = 0; i < this.#states.length; i++) {
      const state = this.#states[i]!;
      this.#feeds[state[1]] = results[state[0]]!;
    }
    return results;
  }
}
