import { activationFrom } from '../../activations.ts';
import type { GateTrace, LayerScope, Pass } from '../../engine/layer.ts';
import { align, type Region } from '../../memory/layout.ts';
import { configurableWork } from '../../memory/workspace.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import type { Cell, StepHook } from './cell.ts';
import { type Configuration, parametersOf } from './configuration.ts';
import { Descriptor, type Field, PARAMETERS } from './descriptor.ts';
import { chunkSteps, type LayerShape, type Place, type Source } from './direction.ts';
import { gatesInOrder } from './gateTraces.ts';
import { mapped } from './mapped.ts';
import { keepStates, runningState } from './states.ts';

/** An RNN, LSTM or GRU with options: assembly/configurable. */
export function configurableCell(features: Configuration): Cell {
  const { states } = features.cell;
  const width = features.projSize;
  return {
    name: 'configurable',
    states: width ? mapped(states, (_, spec) => (spec.output ? { ...spec, width } : spec)) : states,
    takesTable: false,
    parameters: (inputSize, hiddenSize) => parametersOf(features, inputSize, hiddenSize),
    lay: (scope, shape, from, place, hook) => configurablePass(scope, shape, from, place, features, hook),
  };
}

function configurablePass(
  scope: LayerScope,
  shape: LayerShape,
  from: Source,
  place: Place,
  features: Configuration,
  hook?: StepHook,
): Pass {
  const { arena, kernels, rows, steps, batch, training, generator } = scope;
  requireKernel(kernels, 'configurable_forward');
  const { I, H } = shape;
  const { cell, projSize, layerNorm, zoneH, zoneC, recurrentDropout, heads } = features;
  const W = projSize || H;
  const G = cell.gates.length * H;
  const S = cell.slots * H;
  const hasC = cell.states.c !== undefined;
  const keptRows = training ? steps * batch : batch;
  const kept = (on: boolean, what: string, ...row: number[]): Region | undefined =>
    on ? scope.keep(`configurable ${what}`, keptRows, ...row) : undefined;

  const h = training ? keepStates(scope, 'h', W) : undefined;
  const c = training && hasC ? keepStates(scope, 'c', H) : undefined;
  const slots = training
    ? [h!.slot, ...(c ? [c.slot] : [])]
    : [runningState(scope, 'h', W), ...(hasC ? [runningState(scope, 'c', H)] : [])];
  const chunk = training ? steps : chunkSteps(scope, S);
  const output = training ? h!.output : scope.output('configurable', steps, batch, W);
  const own = {
    slopes: kept(training, 'slopes', G),
    cNew: kept(training && zoneC > 0, 'c before zoneout', H),
    seen: kept(hasC, 'seen', H),
    seenSlope: kept(training && hasC, 'seen slopes', H),
    out: kept(projSize > 0, 'outputs', H),
    dropped: kept(training && recurrentDropout > 0, 'dropped states', W),
    hatIh: kept(training && layerNorm, 'normed inputs', G),
    rstdIh: kept(training && layerNorm, 'their deviations'),
    hatHh: kept(training && layerNorm, 'normed states', G),
    rstdHh: kept(training && layerNorm, 'their deviations'),
    hatC: kept(training && layerNorm && hasC, 'normed cells', H),
    rstdC: kept(training && layerNorm && hasC, 'their deviations'),
    dhAll: kept(training && (projSize > 0 || features.penalty.omega > 0), 'step gradients', W),
  } satisfies Partial<Record<Field, Region | undefined>>;
  // separate, since the rows of a sequence's parts must be summed in the order of the whole sequence
  const dwOmega =
    training && features.penalty.omega > 0 ? scope.keep('gradient of omega', G, W / heads) : undefined;
  const gates = training ? scope.keep('configurable gates', keptRows, S) : undefined;
  const draws = training && zoneH + zoneC + recurrentDropout > 0;
  const numbers = draws ? scope.keep('row numbers', steps + batch) : undefined;
  const at = scope.keep('descriptor', Descriptor.words);
  const parts = configurableWork({
    rows: keptRows,
    batch,
    I,
    H,
    W,
    G,
    heads,
    products: cell.products,
    training,
    projSize,
  });
  const chunkBytes = training ? 0 : align(chunk * batch * S * 4);
  const work = scope.work(parts.bytes + chunkBytes);

  const descriptor = new Descriptor(arena, at);
  let ready = false;
  const prepare = () => {
    ready = true;
    for (const kind of keys(PARAMETERS)) {
      const name = PARAMETERS[kind];
      descriptor.set(name, place.parameter(kind));
      descriptor.set(`d${name}`, place.gradient(kind));
    }
    descriptor.activate(features.activations);
    for (const name of keys(own)) descriptor.set(name, own[name]?.ptr ?? 0);
    descriptor.setAll({
      cell: cell.kind,
      I,
      H,
      W,
      heads,
      coupled: Number(features.coupled),
      clip: features.clip,
      training: Number(training),
      chunk,
      dropHScale: 1 / (1 - recurrentDropout),
      omega: features.penalty.omega,
      dwOmega: dwOmega?.ptr ?? 0,
      h: h ? h.all.ptr : slots[0]!.initial.ptr,
      c: c ? c.all.ptr : (slots[1]?.initial.ptr ?? 0),
      y: training ? 0 : output.ptr,
      gates: gates?.ptr ?? work.ptr + parts.bytes,
      dh: h?.slot.gradient?.ptr ?? 0,
      dc: c?.slot.gradient?.ptr ?? 0,
      x: from.x.ptr,
    });
    // not spread into the fields above: the names of a spread object are not checked
    if (training) {
      descriptor.setAll({ zoneH: drawn(zoneH), zoneC: drawn(zoneC), dropH: drawn(recurrentDropout) });
    } else descriptor.setAll({ zoneHMean: zoneH, zoneCMean: zoneC });
    for (const name of keys(parts.at)) descriptor.set(name, work.ptr + parts.at[name]);
  };
  const arrange = () => {
    if (!ready) prepare();
    descriptor.set('T', rows.steps);
    descriptor.set('B', rows.batch);
    descriptor.set('sizes', rows.sizes);
    descriptor.set('firstRow', rows.firstDrawn);
    if (numbers) descriptor.set('rowNumbers', generator.part ? writeNumbers(scope, numbers) : 0);
  };
  let omega = 0;
  const single = cell.gates.length === 1;
  return {
    output,
    states: slots,
    traces: gates && [
      {
        place,
        gates: gatesOf(features),
        hiddenSize: H,
        values: single ? output : gates,
        stride: single ? W : S,
        states: output,
        norms: hook?.norms,
      },
    ],
    begin: () => {
      omega = 0;
      if (dwOmega) arena.clear(dwOmega);
      if (zoneH > 0) descriptor.set('zoneHKey', generator.next());
      if (zoneC > 0) descriptor.set('zoneCKey', generator.next());
      if (recurrentDropout > 0) descriptor.set('dropHKey', generator.next());
    },
    forward: (packed) => {
      arrange();
      descriptor.set('packed', packed ? 1 : 0);
      kernels.configurable_forward(descriptor.write());
      h?.finish();
      c?.finish();
    },
    backward: (dy, dx) => {
      arrange();
      descriptor.set('dy', dy);
      descriptor.set('dx', dx);
      descriptor.set('watch', hook?.write() ?? 0);
      omega += kernels.configurable_backward(descriptor.write());
    },
    end: () => {
      if (dwOmega) kernels.vec_axpy(dwOmega.length, 1, dwOmega.ptr, place.gradient('weight_hh'));
      return features.penalty.omega * omega;
    },
  };
}

/** Writes the numbers by which rows of a part of a batch draw. Returns where. */
function writeNumbers({ arena, generator, rows }: LayerScope, { ptr }: Region): number {
  const { firsts, places } = generator.part!.numbers(rows);
  arena.i32.set(firsts, ptr / 4);
  arena.i32.set(places, ptr / 4 + rows.steps);
  return ptr;
}

/** A coupled LSTM computes f = 1 − i without a product. */
function gatesOf({ cell, coupled, activations }: Configuration): GateTrace[] {
  const gates = gatesInOrder(
    Object.fromEntries(cell.gates.map((name, i) => [name, activationFrom(activations[i]!)])),
  );
  return coupled ? gates.filter(({ name }) => name !== 'f') : gates;
}

/** Keys of an object literal. */
function keys<Name extends string>(values: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(values) as Name[];
}

/** A probability as the threshold of a 32-bit draw. */
function drawn(p: number): number {
  return Math.floor(p * 2 ** 32);
}
