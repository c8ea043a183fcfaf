import { FormatError, StateError } from '../errors.ts';
import type { OnnxValueInfo } from '../formats/onnx/graph.ts';
import type { OnnxModel } from '../formats/onnx/read.ts';
import { dtypeName } from '../formats/onnx/schema.ts';
import { isFloat, type OnnxTensor, type TensorData } from '../formats/onnx/tensor.ts';
import { checkOperators } from './checkOperators.ts';
import { SessionMemory } from './memory.ts';
import { NeedsValues, newData } from './node.ts';
import type { OnnxOperators } from './operators.ts';
import { Plan } from './plan.ts';
import { Planner } from './planner.ts';
import { OnnxStream, type OnnxStreamOptions } from './stream.ts';
import { product } from './strided.ts';
import {
  type CheckedFeed,
  checkName,
  copyOut,
  dataOf,
  limited,
  newResult,
  type OnnxFeed,
  type OnnxOutputs,
  type OnnxPort,
  readFeed,
  sameShape,
  sameValues,
  writeFeed,
} from './tensors.ts';
import { rootOf, type Value } from './value.ts';

/** Plans that a session keeps, one per set of shapes. */
const MOST_PLANS = 8;
/** Elements of an integer input at most whose values a plan may depend on. */
const SMALL = 64;

/** Options of `loadOnnx`. */
export interface LoadOnnxOptions<M = unknown> {
  /** Sizes of named dimensions, or whole shapes by the name of an input. */
  readonly shapes?: Readonly<Record<string, number | readonly number[]>> | undefined;
  /** Operators besides those that every session has: `operators` of unrolled/onnx-operators. */
  readonly operators?: OnnxOperators | undefined;
  /** What makes a model of layers of the session: `toModel` of unrolled/onnx-model. */
  readonly toModel?: ((session: OnnxSession, opts?: ToModelOptions) => M) | undefined;
}

/** Options of `toModel`. */
export interface ToModelOptions {
  /** Of the parameters that the file lacks. Default 0. */
  readonly seed?: number | undefined;
}

/** Options of a run. */
export interface RunOptions {
  /** Results of an earlier run with the same shapes: they are overwritten and given, so that nothing is allocated. */
  readonly outputs?: OnnxOutputs | undefined;
}

/** An ONNX model that runs on the kernels. Memory is planned once per set of input shapes. `M`: what `toModel` gives. */
export class OnnxSession<M = unknown> {
  /** Inputs in the file's order. */
  readonly inputs: readonly OnnxPort[];
  /** Outputs in the file's order. */
  readonly outputs: readonly OnnxPort[];
  /** What the file says. */
  readonly file: OnnxModel;
  /** As given. */
  readonly operators: OnnxOperators | undefined;
  readonly #memory = new SessionMemory();
  readonly #tensors = new Map<OnnxTensor, Value>();
  readonly #plans = new Map<string, Plan>();
  readonly #shapes: Readonly<Record<string, number | readonly number[]>>;
  readonly #toModel: LoadOnnxOptions<M>['toModel'];
  #last: Plan | undefined;
  /** Integer inputs whose values plans depend on. */
  #byValue = false;
  #disposed = false;

  /** @throws {FormatError} an operator that is missing */
  constructor(file: OnnxModel, { shapes = {}, operators, toModel }: LoadOnnxOptions<M> = {}) {
    this.file = file;
    this.operators = operators;
    this.#shapes = shapes;
    this.#toModel = toModel;
    this.inputs = file.graph.inputs.map(portOf);
    this.outputs = file.graph.outputs.map(portOf);
    checkOperators(file, operators);
    const known = file.graph.inputs.map((info) => this.#shapeOf(info));
    if (!known.every(Boolean)) return;
    try {
      this.#planFor(new Map(known.map((shape, i) => [file.graph.inputs[i]!.name, { shape: shape! }])));
    } catch (error) {
      if (!(error instanceof NeedsValues)) throw error;
    }
  }

  /**
   * Runs the model.
   * @param feeds values by the name of the input
   * @throws {ArgumentError | ShapeError} a feed that is missing, unknown or does not fit
   * @throws {FormatError} a graph that can't run with these shapes; the message names the node
   */
  run(feeds: Readonly<Record<string, OnnxFeed>>, opts: RunOptions = {}): OnnxOutputs {
    return this.#run(feeds, opts.outputs, true);
  }

  #run(
    feeds: Readonly<Record<string, OnnxFeed>>,
    outputs: OnnxOutputs | undefined,
    mayTry: boolean,
  ): OnnxOutputs {
    if (this.#disposed) throw new StateError('the session was disposed');
    const plan = this.#isLast(feeds) ? this.#last! : this.#checked(feeds);
    this.#last = plan;
    for (let i = 0; i < plan.inputs.length; i++) {
      const { name, value } = plan.inputs[i]!;
      if (!value.data) writeFeed(name, dataOf(feeds[name]!), value.dtype, plan.view(value));
    }
    plan.run(mayTry);
    return this.#results(plan, outputs);
  }

  /**
   * Runs the model step by step: states that come out go in again.
   * @throws {ArgumentError} names of states that are no outputs and inputs
   */
  stream(opts: OnnxStreamOptions): OnnxStream {
    return new OnnxStream(
      this,
      opts,
      (name) => this.#shapeOf(this.file.graph.inputs.find((i) => i.name === name)!, 1)!,
      (feeds, outputs) => this.#run(feeds, outputs, false),
    );
  }

  /**
   * A model of layers that computes the same and can be trained, by the `toModel` that `loadOnnx` was given.
   * @throws {FormatError} a graph with other nodes than layers; the message names the first one
   * @throws {StateError} a session that was loaded without `toModel`
   */
  async toModel(opts?: ToModelOptions): Promise<M> {
    if (!this.#toModel) throw new StateError('needs toModel of unrolled/onnx-model');
    return this.#toModel(this, opts);
  }

  /** The plan of the last run, if these feeds have its shapes: nothing is allocated. */
  #isLast(feeds: Readonly<Record<string, OnnxFeed>>): boolean {
    const plan = this.#last;
    if (!plan) return false;
    let count = plan.inputs.length;
    for (let i = 0; i < plan.inputs.length; i++) {
      const { name, value } = plan.inputs[i]!;
      const feed = feeds?.[name];
      if (!feed || !sameShape(feed, value) || (value.data && !sameValues(feed, value.data))) return false;
    }
    for (const name in feeds) if (feeds[name] !== undefined) count--;
    return count === 0;
  }

  /** Checks feeds; gives the plan for their shapes. */
  #checked(feeds: Readonly<Record<string, OnnxFeed>>): Plan {
    const { graph } = this.file;
    for (const name in feeds) checkName('feeds', 'inputs', graph.inputs, name);
    return this.#planFor(
      new Map(
        graph.inputs.map((info) => [info.name, readFeed(info.name, feeds?.[info.name], this.#asked(info))]),
      ),
    );
  }

  /** Frees the memory. */
  dispose(): void {
    this.#disposed = true;
    this.#plans.clear();
    this.#memory.arena.dispose();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #results(plan: Plan, given: OnnxOutputs | undefined): OnnxOutputs {
    const results = given ?? {};
    for (let i = 0; i < plan.outputs.length; i++) {
      const { name, value } = plan.outputs[i]!;
      let own = results[name];
      if (!own || !sameShape(own, value)) own = results[name] = newResult(value.dtype, value.shape);
      copyOut(plan.view(value), own.data);
    }
    return results;
  }

  /** Sizes that the file and the options give. */
  #asked({ name, shape }: OnnxValueInfo): OnnxValueInfo['shape'] {
    const given = this.#shapes[name];
    if (Array.isArray(given)) return given;
    return shape?.map((size) => {
      const known = typeof size === 'string' && this.#shapes[size];
      return typeof known === 'number' ? known : size;
    });
  }

  /** These sizes, if they are all; `free` for those that are left out. */
  #shapeOf(info: OnnxValueInfo, free?: number): number[] | undefined {
    const sizes = this.#asked(info)?.map((size) => (typeof size === 'number' ? size : free));
    return sizes?.every((size) => size !== undefined) ? sizes : undefined;
  }

  /** The plan for feeds; without data only for their shapes. */
  #planFor(feeds: ReadonlyMap<string, Partial<CheckedFeed> & Pick<CheckedFeed, 'shape'>>): Plan {
    const key = this.#key(feeds);
    let plan = this.#plans.get(key);
    if (plan) return plan;
    if (this.#plans.size >= MOST_PLANS) {
      this.#plans.clear();
      this.#last = undefined;
      this.#memory.reset();
    }
    try {
      plan = this.#makePlan(feeds);
    } catch (error) {
      // before a run there are no values that a plan could be made for
      const given = [...feeds.values()].every(({ data }) => data);
      if (!(error instanceof NeedsValues) || this.#byValue || !given) throw error;
      this.#byValue = true;
      return this.#planFor(feeds);
    }
    this.#plans.set(key, plan);
    return plan;
  }

  #key(feeds: ReadonlyMap<string, Partial<CheckedFeed> & Pick<CheckedFeed, 'shape'>>): string {
    let key = '';
    for (const [name, { shape, data }] of feeds) {
      key += `${shape}`;
      if (this.#isKnown(name, shape, data)) key += `=${Array.from(data as ArrayLike<number>)}`;
      key += ';';
    }
    return key;
  }

  /** Whether an input is a constant of the plan. */
  #isKnown(name: string, shape: readonly number[], data: CheckedFeed['data'] | undefined): boolean {
    const { dtype } = this.file.graph.inputs.find((info) => info.name === name)!;
    return this.#byValue && Boolean(data) && !isFloat(dtype) && product(shape) <= SMALL;
  }

  #makePlan(feeds: ReadonlyMap<string, Partial<CheckedFeed> & Pick<CheckedFeed, 'shape'>>): Plan {
    const { graph } = this.file;
    const inputs = new Map<string, Value>();
    for (const { name, dtype } of graph.inputs) {
      const { shape, data } = feeds.get(name)!;
      const size = product(shape);
      let constant: TensorData | undefined;
      if (this.#isKnown(name, shape, data)) {
        constant = newData(dtype, size);
        writeFeed(name, Array.from(data!, limited), dtype, constant);
      }
      inputs.set(name, { dtype: dtype || 1, shape, size, data: constant });
    }
    const planner = new Planner(this.file, this.operators, this.#memory, this.#tensors);
    planner.final = this.#byValue;
    const values = planner.model(inputs);
    const outputs = new Map(graph.outputs.map(({ name }, i) => [name, values[i]!]));
    for (const [name, value] of outputs)
      if (rootOf(value).items) throw new FormatError(`'${name}': sequences are not supported`);
    return new Plan(this.#memory, inputs, outputs, planner.steps);
  }
}

function portOf({ name, dtype, shape }: OnnxValueInfo): OnnxPort {
  const type = dtypeName(dtype);
  if (type === 'string') throw new FormatError(`'${name}': strings are not supported`);
  return { name, dtype: type, shape };
}
