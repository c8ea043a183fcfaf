import { StateError } from '../errors.ts';
import { isSame } from './backend/shape.ts';
import { type Exchange, exchangeWith } from './exchange.ts';
import type { Installation } from './installation.ts';
import { type Moment, RULES, type Rule, type RuleName, type Settings } from './optimizerRules.ts';
import type { Tensor, Variable } from './tf.ts';

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

type Update = (...numbers: number[]) => void;

const typeOf = (tensor: Tensor | Variable | null | undefined) =>
  tensor && `${tensor.dtype} [${tensor.shape}]`;

/** Replaces `applyGradients` of TF.js's optimizers: one kernel call per variable, by TF.js's definitions. */
export function patchOptimizers({ tf, patches, options: { clipNorm }, heap }: Installation): undefined {
  const engine = tf.engine();
  const { kernels } = heap.arena;

  /**
   * Where to write the new values of a variable: in place, unless other tensors share its data or that is not in our memory.
   * Then it gets new data, so that its clones keep theirs. The values are there.
   */
  const overwrite = (exchange: Exchange, variable: Variable): { ptr: number; done?: () => void } => {
    const own = exchange.writable(variable);
    if (own !== undefined) return { ptr: own };
    const { ptr, finish } = exchange.make([...variable.shape]);
    const from = exchange.open(variable);
    heap.copy(from.ptr, ptr, variable.size);
    from.close();
    return { ptr, done: () => variable.assign(engine.makeTensorFromTensorInfo(finish())) };
  };

  /** Updates all variables that have gradients. If a kernel can't update one of them, says why, and nothing has changed. */
  const apply = (rule: Rule, optimizer: Optimizer, gradients: Gradients): string | undefined =>
    tf.tidy(() => {
      const list: readonly Named[] = Array.isArray(gradients)
        ? gradients
        : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
      const variables = engine.registeredVariables;
      const lists = optimizer as unknown as Record<string, Accumulator[]>;
      const slots = rule.slots(optimizer);
      // what TF.js repeats to the shape of a variable, or refuses, is left to TF.js
      const unlike = list.find(
        ({ name, tensor }, i) =>
          ![variables[name], tensor, ...slots.map((slot) => slot && lists[slot[0]]![i]?.variable)].every(
            (each, k) => (each ? each.dtype === 'float32' && isSame(each.shape, variables[name]!.shape) : k),
          ),
      );
      if (unlike) {
        const { name, tensor } = unlike;
        return `${name}: expected float32 of one shape, got ${typeOf(variables[name])}, ${typeOf(tensor)}`;
      }
      const exchange = exchangeWith(engine, heap);
      const { accBeta1, accBeta2, iteration } = optimizer;
      const read = (variable: Variable | undefined) => variable?.dataSync()[0] ?? 0;
      const moment: Moment = {
        power1: read(accBeta1),
        power2: read(accBeta2),
        iteration: read(iteration),
        epsilon: engine.backend.epsilon(),
      };
      const update = kernels[rule.kernel] as Update;
      let squares = 0;
      for (const { tensor } of list) {
        if (clipNorm === undefined || !tensor) continue;
        const { ptr, close } = heap.attempt(exchange.open, tensor);
        squares += kernels.vec_sum_squares(tensor.size, ptr);
        close();
      }
      // of all gradients together
      const norm = Math.sqrt(squares);
      const scale = norm < Infinity ? (norm > clipNorm! ? clipNorm! / norm : 1) : Number.NaN;
      const numbers = [scale, ...rule.numbers(optimizer, moment)];
      for (const [i, { name, tensor }] of list.entries()) {
        const value = variables[name]!;
        // as in TF.js also for variables without a gradient
        const accumulators = slots.map(
          (slot) =>
            slot &&
            (lists[slot[0]]![i] ??= {
              originalName: `${name}/${slot[1]}`,
              variable: tf.variable(tf.fill(value.shape, rule.initial?.(optimizer) ?? 0), false),
            }).variable,
        );
        if (!tensor) continue;
        const { ptr, close } = heap.attempt(exchange.open, tensor);
        const written = heap.attempt(() =>
          [value, ...accumulators].map((each) => each && overwrite(exchange, each)),
        );
        const [parameters, ...pointers] = written.map((each) => each?.ptr ?? 0);
        update(value.size, parameters!, ptr, ...pointers, ...numbers);
        for (const each of written) each?.done?.();
        close();
      }
      accBeta1?.assign(tf.scalar(moment.power1 * Math.fround(optimizer.beta1)));
      accBeta2?.assign(tf.scalar(moment.power2 * Math.fround(optimizer.beta2)));
      iteration?.assign(tf.scalar(moment.iteration + 1));
      optimizer.incrementIterations();
      return undefined;
    });
  for (const [name, rule] of Object.entries(RULES)) {
    patches.replace(
      tf[name as RuleName].prototype,
      'applyGradients',
      (original) =>
        function (this: unknown, gradients: never) {
          // webgpu can't be read synchronously, so that TF.js's own code runs
          const reason =
            tf.getBackend() === 'webgpu' ? 'not on webgpu' : apply(rule, this as Optimizer, gradients);
          if (!reason) return;
          if (clipNorm === undefined) return original.call(this, gradients);
          throw new StateError(`clipNorm: ${reason}`);
        },
    );
  }
}
