import { floats, integers } from '../allocate.ts';
import { boolean, callable, integer, reading } from '../check.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import { applyLayer, type GraphNode } from '../engine/node.ts';
import { ArgumentError } from '../errors.ts';
import { setName } from '../layers/layerName.ts';
import { keepStates, runningState } from '../layers/recurrent/states.ts';
import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import { finished } from './finished.ts';
import type { CustomLayer, LayerForward, Views } from './layer.ts';
import { satisfies } from './satisfies.ts';

/** Whether it is a custom layer. */
export function isCustomLayer(given: unknown): given is CustomLayer {
  return satisfies(() => {
    const { reserve, forward, backward } = (given ?? {}) as Partial<CustomLayer & Layer>;
    return reserve === undefined && typeof forward === 'function' && typeof backward === 'function';
  });
}

/** Adapts a custom layer to the interface of models. */
export class AdaptedLayer implements Layer {
  readonly type: string;
  declare readonly name?: string | undefined;
  readonly input: Signal | undefined;
  readonly parameters: readonly ParameterSpec[];
  readonly reducesSteps: boolean;
  readonly keepsState: boolean;
  /** The custom layer. */
  readonly custom: CustomLayer;
  readonly #states: readonly (readonly [name: string, size: number])[];
  readonly #saved: number;

  /** @throws {ArgumentError} if a declared name, size or shape is invalid */
  constructor(custom: CustomLayer) {
    const { type, name, inputSize, parameters = [], states, reducesSteps = false, saved = 0 } = custom;
    if (typeof type !== 'string' || type === '') throw new ArgumentError('layer.type', 'a name', type);
    callable(`${type}.outputSize`, custom.outputSize, 'a function of inputSize');
    this.type = type;
    this.input =
      inputSize === undefined
        ? undefined
        : { kind: 'features', size: integer(`${type}.inputSize`, inputSize, 1) };
    if (!Array.isArray(parameters)) throw new ArgumentError(`${type}.parameters`, 'a list', parameters);
    const names = new Set<string>();
    this.parameters = (parameters as NonNullable<typeof parameters>).map((given, i) => {
      const at = `${type}.parameters[${i}]`;
      const { name, shape, init } = given ?? {};
      if (typeof name !== 'string' || !/^\w+$/.test(name) || names.has(name))
        throw new ArgumentError(`${at}.name`, 'a name that no other parameter has', name);
      names.add(name);
      if (!Array.isArray(shape)) throw new ArgumentError(`${at}.shape`, 'a list of sizes', shape);
      callable(`${at}.init`, init, 'an initializer');
      return { name, shape: shape.map((n, k) => integer(`${at}.shape[${k}]`, n, 1)), init };
    });
    this.#states = Object.entries(states ?? {});
    for (const [name, size] of this.#states) integer(`${type}.states.${name}`, size, 1);
    this.reducesSteps = boolean(`${type}.reducesSteps`, reducesSteps);
    if (reducesSteps && states) {
      throw new ArgumentError(
        `${type}.states`,
        'undefined with reducesSteps, which needs the whole sequence',
        states,
      );
    }
    this.#saved = integer(`${type}.saved`, saved, 0);
    this.keepsState = this.#states.length > 0;
    this.custom = custom;
    setName(this, name);
  }

  apply(node: GraphNode): GraphNode {
    return applyLayer(this, node);
  }

  outputSize(inputSize: number): number {
    return integer(`${this.type}.outputSize`, this.custom.outputSize(inputSize), 1);
  }

  config(): Record<string, unknown> {
    const config = this.custom.config?.() ?? {};
    // saved as JSON
    reading(`${this.type}.config`, config, () => JSON.stringify(config));
    return config;
  }

  /** @internal */
  get needsFuture(): boolean {
    return this.custom.states === undefined;
  }

  /** @internal */
  get whyFuture(): string | undefined {
    return 'a layer of your own without declared states';
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { arena, rows, steps, batch, training } = scope;
    const { custom, reducesSteps } = this;
    const I = input.shape.at(-1)!;
    const O = this.outputSize(I);
    const output = scope.output(this.type, reducesSteps ? 1 : steps, batch, O);
    const S = this.#saved;
    const saved = scope.keep(`saved by ${this.type}`, steps * batch * S);
    const regions = (of: 'parameter' | 'gradient') =>
      this.parameters.map(({ name }) => [name, scope[of](name)] as const);
    const parameters = regions('parameter');
    const gradients = training ? regions('gradient') : [];
    const states = this.#states.map(([name, W]) => {
      const kept = training ? keepStates(scope, name, W) : undefined;
      return { name, W, kept, slot: kept?.slot ?? runningState(scope, name, W) };
    });
    const view = (ptr: number, n: number) => arena.f32.subarray(ptr / 4, ptr / 4 + n);
    const byName = <T>(all: readonly T[], entry: (it: T) => readonly [string, Float32Array]): Views =>
      Object.fromEntries(all.map(entry));
    const whole = (all: typeof parameters) =>
      byName(all, ([name, { ptr, length }]) => [name, view(ptr, length)]);
    /** Rows per call: all of the sequence, or those of each step. */
    const calls = (): { first: number; sizes: Int32Array }[] => {
      const sizes = rows.sizes
        ? arena.i32.slice(rows.sizes / 4, rows.sizes / 4 + rows.steps)
        : integers(rows.steps).fill(rows.batch);
      if (this.needsFuture) return [{ first: 0, sizes }];
      let first = 0;
      return [...sizes].map((m, t) => {
        const call = { first, sizes: sizes.subarray(t, t + 1) };
        first += m;
        return call;
      });
    };
    /** Where the states before a step are: the initial ones for the first step, then those after the previous step. */
    const priorOf = (all: Region, W: number, first: number, before: number) =>
      all.ptr + (first === 0 ? 0 : rows.batch + first - before) * W * 4;
    const forwardViews = (first: number, sizes: Int32Array, before: number): LayerForward => {
      const n = sizes.reduce((a, b) => a + b, 0);
      const out = reducesSteps ? rows.rowsWithSteps : n;
      return {
        input: view(input.ptr + first * I * 4, n * I),
        output: view(output.ptr + first * O * 4, out * O),
        parameters: whole(parameters),
        batchSizes: sizes,
        before: byName(states, ({ name, W, kept, slot }) => [
          name,
          // inference overwrites states, so those before the step are copied
          kept ? view(priorOf(kept.all, W, first, before), n * W) : view(slot.initial.ptr, n * W).slice(),
        ]),
        after: byName(states, ({ name, W, kept, slot }) => [
          name,
          view(kept ? kept.all.ptr + (rows.batch + first) * W * 4 : slot.initial.ptr, n * W),
        ]),
        saved: view(saved.ptr + first * S * 4, n * S),
      };
    };
    const forward = () => {
      if (reducesSteps) arena.clear(output);
      let before = 0;
      for (const { first, sizes } of calls()) {
        const pass = forwardViews(first, sizes, before);
        pass.output.fill(0);
        for (const state of Object.values(pass.after)) state.fill(0);
        finished(`${this.type}.forward`, custom.forward(pass));
        before = sizes[0]!;
      }
      for (const { kept } of states) kept?.finish();
    };
    const backward = (dy: number, dx: number) => {
      const all = calls();
      for (const [i, { first, sizes }] of [...all.entries()].reverse()) {
        const pass = forwardViews(first, sizes, all[i - 1]?.sizes[0] ?? 0);
        const n = pass.input.length / I;
        const running = states.map(
          ({ name, W, kept }) => [name, view(kept!.slot.gradient!.ptr, n * W)] as const,
        );
        const beforeGradient = byName(running, ([name, { length }]) => [name, floats(length)]);
        const done = custom.backward({
          ...pass,
          outputGradient: view(dy + first * O * 4, pass.output.length),
          inputGradient: dx ? view(dx + first * I * 4, n * I).fill(0) : floats(n * I),
          gradients: whole(gradients),
          afterGradient: Object.fromEntries(running),
          beforeGradient,
        });
        finished(`${this.type}.backward`, done);
        for (const [name, gradient] of running) gradient.set(beforeGradient[name]!);
      }
    };
    return [{ output, states: states.map(({ slot }) => slot), forward, backward }];
  }
}
