import { StateError } from '../errors.ts';
import { type Exchange, exchangeWith } from './exchange.ts';
import type { Heap } from './heap.ts';
import type { Installation } from './installation.ts';
import { type Moment, RULES, type Rule, type RuleName, type Settings } from './optimizerRules.ts';
import type { Tensor, TensorFlow, Variable } from './tf.ts';
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
  /** Null where the variable has none. */
  readonly gradient: Tensor | null;
  readonly slots: readonly (Variable | undefined)[];
}

type Update = (...numbers: number[]) => void;

/** Replaces `applyGradients` of TF.js's optimizers: one kernel call per variable, by TF.js's definitions. */
export function patchOptimizers({ tf, patches, options, heap }: Installation): undefined {
  const apply = updates(tf, heap, options.clipNorm);
  for (const name of Object.keys(RULES) as RuleName[]) {
    const type = tf[name];
    patches.replace(
      type.prototype,
      'applyGradients',
      (original) =>
        function (this: unknown, gradients: never) {
          // it can't be read synchronously, so that TF.js's own code runs
          if (tf.getBackend() === 'webgpu') {
            if (options.clipNorm === undefined) return original.call(this, gradients);
            throw new StateError('clipNorm: not with the backend webgpu');
          }
          apply(RULES[name], this as Optimizer, gradients);
        },
    );
  }
}

/** What updates all variables that have gradients. */
function updates(tf: TensorFlow, heap: Heap, clipNorm: number | undefined) {
  const engine = tf.engine();
  const { kernels } = heap.arena;

  /** Accumulators that are missing are made, as in TF.js also for variables without a gradient. */
  const jobsOf = (rule: Rule, optimizer: Optimizer, gradients: Gradients): Job[] => {
    const list = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    const lists = optimizer as unknown as Record<string, Accumulator[]>;
    return list.map(({ name, tensor: gradient }: Named, i: number) => {
      const value = engine.registeredVariables[name]!;
      const slots = rule.slots(optimizer).map((slot) => {
        if (!slot) return undefined;
        const [field, suffix] = slot;
        const found = (lists[field]![i] ??= {
          originalName: `${name}/${suffix}`,
          variable: tf.variable(tf.fill(value.shape, rule.initial?.(optimizer) ?? 0), false),
        });
        return found.variable;
      });
      return { value, gradient, slots };
    });
  };

  /** What gradients are multiplied by: min(1, clipNorm / norm), with the norm of all of them together. */
  const scaleOf = (exchange: Exchange, jobs: readonly Job[]): number => {
    if (clipNorm === undefined) return 1;
    let squares = 0;
    for (const { gradient } of jobs) {
      if (!gradient) continue;
      const { ptr, close } = exchange.open(gradient);
      squares += kernels.vec_sum_squares(gradient.size, ptr);
      close();
    }
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) return Number.NaN;
    return norm > clipNorm ? clipNorm / norm : 1;
  };

  /**
   * Where to write the new values of a variable: in place, unless other tensors share its data or that is not in our memory.
   * Then it gets new data, so that its clones keep theirs. The values are there.
   */
  const overwrite = (exchange: Exchange, variable: Variable): { ptr: number; done: () => void } => {
    const own = exchange.writable(variable);
    if (own !== undefined) return { ptr: own, done: () => {} };
    const made = exchange.make([...variable.shape]);
    const { ptr, close } = exchange.open(variable);
    heap.copy(ptr, made.ptr, variable.size);
    close();
    const done = () => {
      const tensor = engine.makeTensorFromTensorInfo(made.finish());
      variable.assign(tensor);
      tensor.dispose();
    };
    return { ptr: made.ptr, done };
  };

  return (rule: Rule, optimizer: Optimizer, gradients: Gradients): void => {
    tf.tidy(() => {
      const exchange = exchangeWith(engine, heap);
      const { accBeta1, accBeta2, iteration, beta1, beta2 } = optimizer;
      const read = (variable: Variable | undefined) =>
        variable ? valuesOf(engine.backend, variable)[0]! : 0;
      const moment: Moment = {
        power1: read(accBeta1),
        power2: read(accBeta2),
        iteration: read(iteration),
        epsilon: engine.backend.epsilon(),
      };
      const jobs = jobsOf(rule, optimizer, gradients);
      const update = kernels[rule.kernel] as Update;
      const numbers = [scaleOf(exchange, jobs), ...rule.numbers(optimizer, moment)];
      for (const { value, gradient, slots } of jobs) {
        if (!gradient) continue;
        const { ptr, close } = exchange.open(gradient);
        const written = [value, ...slots].map((each) => each && overwrite(exchange, each));
        const [parameters, ...pointers] = written.map((each) => each?.ptr ?? 0);
        update(value.size, parameters!, ptr, ...pointers, ...numbers);
        for (const each of written) each?.done();
        close();
      }
      const assign = (variable: Variable | undefined, value: number) => {
        if (!variable) return;
        const { ptr, done } = overwrite(exchange, variable);
        heap.arena.f32[ptr / 4] = value;
        done();
      };
      assign(accBeta1, moment.power1 * Math.fround(beta1));
      assign(accBeta2, moment.power2 * Math.fround(beta2));
      assign(iteration, moment.iteration + 1);
    });
    optimizer.incrementIterations();
  };
}
