import { StateError } from '../errors.ts';
import { type Exchange, exchangeWith } from './exchange.ts';
import type { Heap } from './heap.ts';
import type { Installation } from './installation.ts';
import { type Moment, RULES, type Rule, type RuleName, type Settings } from './optimizerRules.ts';
import type { InstallOptions } from './options.ts';
import type { Tensor, TensorFlow, Values, Variable } from './tf.ts';
import { valuesOf } from './values.ts';

/** Gradients as `applyGradients` gets them: by variable, or a list in the order of the accumulators. */
type Gradients = Readonly<Record<string, Tensor | null>> | readonly Named[];

interface Named {
  readonly name: string;
  readonly tensor: Tensor | null;
}

/** An accumulator of an optimizer. */
interface Accumulator {
  readonly originalName: string;
  readonly variable: Variable;
}

/** An optimizer of TF.js. Which fields it has depends on its class. */
interface Optimizer extends Settings {
  readonly accBeta1?: Variable | undefined;
  readonly accBeta2?: Variable | undefined;
  readonly iteration?: Variable | undefined;
  incrementIterations(): void;
}

/** A variable to update. */
interface Job {
  readonly value: Variable;
  /** Undefined where the variable has none. */
  readonly gradient: Tensor | undefined;
  readonly slots: readonly Variable[];
}

/** Replaces `applyGradients` of TF.js's optimizers: one kernel call per variable, by TF.js's definitions. */
export function patchOptimizers({ tf, patches, options, heap }: Installation): undefined {
  const updates = new Updates(tf, heap, options.clipNorm);
  for (const name of Object.keys(RULES) as RuleName[]) {
    const type = tf[name];
    patches.replace(
      type.prototype,
      'applyGradients',
      (original) =>
        function (this: unknown, gradients: never) {
          if (tf.getBackend() === 'webgpu')
            return withoutKernels(options, () => original.call(this, gradients));
          updates.apply(RULES[name], this as Optimizer, gradients);
        },
    );
  }
}

class Updates {
  readonly #tf: TensorFlow;
  readonly #heap: Heap;
  readonly #clipNorm: number | undefined;

  constructor(tf: TensorFlow, heap: Heap, clipNorm: number | undefined) {
    this.#tf = tf;
    this.#heap = heap;
    this.#clipNorm = clipNorm;
  }

  apply(rule: Rule, optimizer: Optimizer, gradients: Gradients): void {
    this.#tf.tidy(() => {
      const exchange = exchangeWith(this.#tf.engine(), this.#heap);
      const moment = this.#begin(optimizer);
      const jobs = this.#jobs(rule, optimizer, gradients);
      const scale = this.#scale(exchange, jobs);
      for (const job of jobs) if (job.gradient) this.#update(exchange, rule, optimizer, job, scale, moment);
      this.#end(exchange, optimizer, moment);
    });
    optimizer.incrementIterations();
  }

  #begin({ accBeta1, accBeta2, iteration }: Optimizer): Moment {
    const scalar = (variable: Variable | undefined, otherwise: number) =>
      variable ? this.#read(variable)[0]! : otherwise;
    return {
      power1: scalar(accBeta1, 0),
      power2: scalar(accBeta2, 0),
      iteration: scalar(iteration, 0),
      epsilon: this.#tf.engine().backend.epsilon(),
    };
  }

  #end(exchange: Exchange, optimizer: Optimizer, { power1, power2, iteration: i }: Moment) {
    const { accBeta1, accBeta2, iteration, beta1, beta2 } = optimizer;
    const assign = (variable: Variable | undefined, value: number) => {
      if (!variable) return;
      const { ptr, done } = this.#overwrite(exchange, variable, false);
      this.#heap.arena.f32[ptr / 4] = value;
      done();
    };
    assign(accBeta1, power1 * Math.fround(beta1));
    assign(accBeta2, power2 * Math.fround(beta2));
    assign(iteration, i + 1);
  }

  /** Accumulators that are missing are made, as in TF.js also for variables without a gradient. */
  #jobs(rule: Rule, optimizer: Optimizer, gradients: Gradients): Job[] {
    const list = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    const { registeredVariables } = this.#tf.engine();
    const lists = optimizer as unknown as Record<string, Accumulator[]>;
    return list.map(({ name, tensor }: Named, i: number) => {
      const value = registeredVariables[name]!;
      const slots = rule.slots(optimizer).map(([field, suffix]) => {
        const found = (lists[field]![i] ??= {
          originalName: `${name}/${suffix}`,
          variable: this.#tf.variable(this.#tf.fill(value.shape, rule.initial?.(optimizer) ?? 0), false),
        });
        return found.variable;
      });
      return { value, gradient: tensor ?? undefined, slots };
    });
  }

  /** What gradients are multiplied by: min(1, clipNorm / norm), with the norm of all of them together. */
  #scale(exchange: Exchange, jobs: readonly Job[]): number {
    if (this.#clipNorm === undefined) return 1;
    let squares = 0;
    for (const { gradient } of jobs) {
      if (!gradient) continue;
      const { ptr, close } = exchange.open(gradient);
      squares += this.#heap.arena.kernels.vec_sum_squares(gradient.size, ptr);
      close();
    }
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) return Number.NaN;
    return norm > this.#clipNorm ? this.#clipNorm / norm : 1;
  }

  #update(
    exchange: Exchange,
    rule: Rule,
    optimizer: Optimizer,
    { value, gradient, slots }: Job,
    scale: number,
    moment: Moment,
  ): void {
    const opened = exchange.open(gradient!);
    const written = [value, ...slots].map((variable) => this.#overwrite(exchange, variable, true));
    const [parameters, ...pointers] = written.map(({ ptr }) => ptr);
    const blocks = { n: value.size, parameters: parameters!, gradients: opened.ptr, slots: pointers };
    rule.update(this.#heap.arena.kernels, optimizer, blocks, scale, moment);
    for (const { done } of written) done();
    opened.close();
  }

  #read(tensor: Tensor): Values {
    return valuesOf(this.#tf.engine().backend, tensor);
  }

  /**
   * Where to write the new values of a variable: in place, unless other tensors share its data or that is not in our memory.
   * Then it gets new data, so that its clones keep theirs. reads: the values are there already.
   */
  #overwrite(exchange: Exchange, variable: Variable, reads: boolean): { ptr: number; done: () => void } {
    const own = exchange.writable(variable);
    if (own !== undefined) return { ptr: own, done: () => {} };
    const made = exchange.make([...variable.shape]);
    if (reads) {
      const { ptr, close } = exchange.open(variable);
      this.#heap.copy(ptr, made.ptr, variable.size);
      close();
    }
    const done = () => {
      const tensor = this.#tf.engine().makeTensorFromTensorInfo(made.finish());
      variable.assign(tensor);
      tensor.dispose();
    };
    return { ptr: made.ptr, done };
  }
}

/** webgpu can't be read synchronously, so that TF.js's own code runs. */
function withoutKernels({ clipNorm }: InstallOptions, update: () => unknown): unknown {
  if (clipNorm === undefined) return update();
  throw new StateError('clipNorm: not with the backend webgpu');
}
