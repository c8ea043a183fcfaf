import { floats } from '../allocate.ts';
import type { PassTrace } from '../engine/layer.ts';
import type { Plan } from '../engine/plan.ts';
import type { MemoryArena } from '../memory/arena.ts';
import { requireKernel } from '../wasm/runtime.ts';
import type { FlowInput, GateInput, NonFinite } from './flow.ts';
import { type Flow, summarize } from './flow.ts';
import { argumentSaturationOf, saturationOf } from './saturation.ts';
import { gateSpectra } from './spectrum.ts';

interface Gates {
  /** Fraction of saturated units per gate. */
  readonly shares: readonly (number | undefined)[];
  readonly nonFinite: NonFinite | undefined;
}

/** Reads the activations kept by a training forward pass and the norms of the backward pass. */
export class Observer {
  readonly #arena: MemoryArena;
  readonly #plan: Plan;
  readonly #gates: Gates[];

  /** @throws {FeatureError} if the kernels can't measure it */
  static check({ kernels }: MemoryArena): void {
    requireKernel(kernels, 'find_nonfinite');
  }

  /** Call between the forward and the backward pass of a plan with `flow`. */
  constructor(arena: MemoryArena, plan: Plan) {
    this.#arena = arena;
    this.#plan = plan;
    this.#gates = this.#traces.map((sight, layer) => this.#look(sight, layer));
  }

  /** Call after the backward pass. */
  summarize(): Flow {
    const { steps } = this.#plan.rows;
    const inputs: FlowInput[] = this.#traces.map((sight, i) => {
      const raw = this.#arena.read({ ...sight.norms!, length: steps * 3 });
      const { layer, direction } = this.#place(i);
      return {
        layer,
        direction,
        raw: direction === 'reverse' ? turned(raw) : raw,
        gates: this.#gateInputs(sight, this.#gates[i]!.shares),
      };
    });
    const backward = inputs.map((input) => firstBadNorm(input)).find((found) => found !== undefined);
    return summarize(inputs, this.#gates.find(({ nonFinite }) => nonFinite)?.nonFinite ?? backward);
  }

  get #traces(): readonly PassTrace[] {
    return this.#plan.passes.flatMap((pass) => pass.traces ?? []);
  }

  /** Index of the recurrent layer, counted from the input. */
  #place(i: number): { layer: number; direction: 'forward' | 'reverse' } {
    const traces = this.#traces;
    const layer = traces.slice(0, i + 1).filter(({ place }) => !place.reverse).length - 1;
    return { layer, direction: traces[i]!.place.reverse ? 'reverse' : 'forward' };
  }

  #look(sight: PassTrace, i: number): Gates {
    const { gates, values, stride, hiddenSize, states } = sight;
    const { kernels } = this.#arena;
    const { count } = this.#plan.rows;
    const shares = gates.map(({ activation, block, ofArguments }) => {
      const bounds = ofArguments ? argumentSaturationOf(activation) : saturationOf(activation);
      if (!bounds) return undefined;
      const at = values.ptr + block * hiddenSize * 4;
      return kernels.count_outside(count, hiddenSize, at, stride, ...bounds) / (count * hiddenSize);
    });
    const bad = kernels.find_nonfinite(count * stride, values.ptr);
    if (bad >= 0) {
      const block = Math.floor((bad % stride) / hiddenSize);
      const gate = gates.find((one) => one.block === block)?.name ?? 'hidden side';
      return { shares, nonFinite: this.#found(i, Math.floor(bad / stride), gate, values.ptr / 4 + bad) };
    }
    const width = states.shape.at(-1)!;
    const state = kernels.find_nonfinite(count * width, states.ptr);
    const nonFinite =
      state < 0 ? undefined : this.#found(i, Math.floor(state / width), 'h', states.ptr / 4 + state);
    return { shares, nonFinite };
  }

  #found(i: number, row: number, gate: string, at: number): NonFinite {
    const { layer, direction } = this.#place(i);
    const { rows } = this.#plan;
    const size = (step: number) => (rows.sizes ? this.#arena.i32[rows.sizes / 4 + step]! : rows.batch);
    let step = 0;
    let place = row;
    while (place >= size(step)) place -= size(step++);
    // of the row
    let { steps } = rows;
    while (size(steps - 1) <= place) steps--;
    const time = direction === 'reverse' ? steps - 1 - step : step;
    return { layer, direction, step: time, gate, what: String(this.#arena.f32[at]) };
  }

  #gateInputs(sight: PassTrace, shares: Gates['shares']): GateInput[] {
    const { gates, hiddenSize, place } = sight;
    const weightHh = place.region('weight_hh');
    const square = weightHh && weightHh.shape[1] === hiddenSize;
    const matrix = square ? this.#arena.read(weightHh) : undefined;
    const finite = matrix?.every(Number.isFinite);
    const spectra = matrix && finite ? gateSpectra(matrix, hiddenSize) : [];
    return gates.map(({ name, activation, weightBlock }, k) => {
      const saturated = shares[k];
      const spectrum = spectra[weightBlock];
      return {
        gate: name,
        activation,
        ...(saturated === undefined ? {} : { saturated }),
        ...(spectrum ? { spectrum } : {}),
      };
    });
  }
}

/** Reorders [T, 3] by time. */
function turned(raw: Float32Array): Float32Array {
  return floats(raw.length).map((_, k) => raw.at(2 * (k % 3) - k - 3)!);
}

/** The first step, going back from the end of the pass, whose gradient is not finite. */
function firstBadNorm({ layer, direction, raw }: FlowInput): NonFinite | undefined {
  const steps = raw.length / 3;
  for (let s = 0; s < steps; s++) {
    const step = direction === 'forward' ? steps - 1 - s : s;
    const norm = raw[step * 3 + 1]!;
    if (!Number.isFinite(norm)) return { layer, direction, step, gate: 'gradient', what: String(norm) };
  }
  return undefined;
}
