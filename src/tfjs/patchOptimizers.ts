import { StateError } from '../errors.ts';
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
      const moment = this.#begin(optimizer);
      const jobs = this.#jobs(rule, optimizer, gradients);
      const size = Math.max(0, ...jobs.map(({ value }) => value.size));
      const blocks = 2 + Math.max(0, ...jobs.map(({ slots }) => slots.length));
      const bytes = stride(size) * blocks;
      const memory = this.#heap.take(bytes);
      try {
        const scale = this.#scale(jobs, memory);
        for (const job of jobs) if (job.gradient) this.#update(rule, optimizer, job, memory, scale, moment);
      } finally {
        this.#heap.release(memory, bytes);
      }
      this.#end(optimizer, moment);
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

  #end({ accBeta1, accBeta2, iteration, beta1, beta2 }: Optimizer, { power1, power2, iteration: i }: Moment) {
    const assign = (variable: Variable | undefined, value: number) => {
      if (variable) this.#assign(variable, Float32Array.of(value));
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
      const slots = rule.slots(optimizer).map(({ field, suffix }) => {
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
  #scale(jobs: readonly Job[], memory: number): number {
    if (this.#clipNorm === undefined) return 1;
    let squares = 0;
    for (const { gradient } of jobs) {
      if (!gradient) continue;
      this.#write(memory, gradient);
      squares += this.#heap.arena.kernels.vec_sum_squares(gradient.size, memory);
    }
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) return Number.NaN;
    return norm > this.#clipNorm ? this.#clipNorm / norm : 1;
  }

  #update(rule: Rule, optimizer: Optimizer, job: Job, memory: number, scale: number, moment: Moment): void {
    const { value, gradient, slots } = job;
    const n = value.size;
    const [parameters, gradients, ...pointers] = [value, gradient!, ...slots].map((tensor, i) => {
      const ptr = memory + i * stride(n);
      this.#write(ptr, tensor);
      return ptr;
    });
    const blocks = { n, parameters: parameters!, gradients: gradients!, slots: pointers };
    rule.update(this.#heap.arena.kernels, optimizer, blocks, scale, moment);
    for (const [i, variable] of [value, ...slots].entries()) {
      const at = [parameters!, ...pointers][i]! / 4;
      this.#assign(variable, this.#heap.arena.f32.slice(at, at + n));
    }
  }

  #read(tensor: Tensor): Values {
    return valuesOf(this.#tf.engine().backend, tensor);
  }

  #write(ptr: number, tensor: Tensor): void {
    this.#heap.arena.f32.set(this.#read(tensor), ptr / 4);
  }

  /** A new value has new data, so that clones of the variable keep theirs. */
  #assign(variable: Variable, values: Float32Array): void {
    const tensor = this.#tf.tensor(values, variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }
}

/** webgpu can't be read synchronously, so that TF.js's own code runs. */
function withoutKernels({ clipNorm }: InstallOptions, update: () => unknown): unknown {
  if (clipNorm === undefined) return update();
  throw new StateError('clipNorm: not with the backend webgpu, which can not be read synchronously');
}

/** Bytes between blocks of n floats. */
function stride(n: number): number {
  return Math.ceil(n / 16) * 64;
}
