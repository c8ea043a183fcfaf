import { beforeAll, describe, expect, test } from 'vitest';
import { ChainPlan } from '../../src/engine/chainPlan.ts';
import { Network } from '../../src/engine/network.ts';
import * as u from '../../src/index.ts';
import { MemoryArena } from '../../src/memory/arena.ts';
import { align, Layout, MAX_BYTES, type Region } from '../../src/memory/layout.ts';
import { Draw, thrown } from '../model/helpers.ts';

beforeAll(() => u.init());

const PAGE = 65_536;
/** The last bytes of page 0 may tell the kernels something, once and for all. */
const OWN = PAGE - 64;
/** Where the relaxed build keeps its constants (assembly/constants.ts). */
const CONSTANTS = 12_288;

/** A layout that keeps what it handed out. */
class Recorder extends Layout {
  readonly regions: Region[] = [];

  override take(what: string, ...shape: number[]): Region {
    const region = super.take(what, ...shape);
    this.regions.push(region);
    return region;
  }
}

/** Each begins on 64 bytes, above page 0, where the one before has ended. */
function expectOrdered(regions: readonly Region[], start: number): void {
  let end = start;
  for (const { ptr, shape, length } of regions) {
    expect(length).toBe(shape.reduce((a, b) => a * b, 1));
    expect(ptr % 64).toBe(0);
    expect(ptr).toBeGreaterThanOrEqual(end);
    end = ptr + 4 * length;
  }
}

function drawnLayers(draw: Draw): u.Layer[] {
  const makers = [
    (i: number, o: number) => new u.RNN(i, o, { numLayers: draw.integer(1, 2) }),
    (i: number, o: number) => new u.LSTM(i, o, { numLayers: draw.integer(1, 3), bias: draw.next() < 0.5 }),
    (i: number, o: number) => new u.GRU(i, o, { numLayers: draw.integer(1, 2) }),
    (i: number, o: number) => new u.Linear(i, o),
  ];
  let size = draw.integer(1, 30);
  const layers: u.Layer[] = draw.next() < 0.5 ? [new u.Embedding(20, size)] : [];
  const count = draw.integer(1, 4);
  for (let k = 0; k < count; k++) {
    const out = draw.integer(1, 40);
    layers.push(makers[draw.integer(0, 3)]!(size, out));
    if (draw.next() < 0.3) layers.push(new u.Dropout(0.5));
    size = out;
  }
  return layers;
}

describe('Layout', () => {
  test('hands out ordered, disjoint regions on 64-byte boundaries', () => {
    for (let seed = 0; seed < 50; seed++) {
      const draw = new Draw(seed);
      const start = draw.integer(0, 1000);
      const layout = new Recorder(start);
      for (let i = 0; i < 40; i++) {
        const shape = Array.from({ length: draw.integer(0, 3) }, () => draw.integer(0, 9));
        layout.take('region', ...shape);
      }
      expectOrdered(layout.regions, start);
      const last = layout.regions.at(-1)!;
      expect(layout.end).toBe(align(last.ptr + 4 * last.length));
    }
  });

  test('ends at 2 GiB, not a byte later', () => {
    const layout = new Layout(MAX_BYTES - 128);
    expect(layout.take('last', 32).ptr).toBe(MAX_BYTES - 128);
    expect(layout.end).toBe(MAX_BYTES);
    expect(thrown(() => layout.take('more', 1))).toBeInstanceOf(u.MemoryError);
    expect(thrown(() => new Layout(PAGE).take('huge', 1e9, 1e9, 1e300))).toBeInstanceOf(u.MemoryError);
  });

  test('a region too large leaves the layout as it was', () => {
    const layout = new Layout(PAGE);
    expect(thrown(() => layout.take('huge', MAX_BYTES))).toBeInstanceOf(u.MemoryError);
    expect(layout.take('next', 4).ptr).toBe(PAGE);
  });
});

describe('the regions of a network', () => {
  const seeds = Array.from({ length: 25 }, (_, i) => i);

  test.each(seeds)('draw %i: parameters, gradients, state, then the plan; disjoint and aligned', (seed) => {
    const draw = new Draw(seed);
    const layers = drawnLayers(draw);
    const network = new Network(
      layers,
      layers.map((_, i) => `${i}.`),
      seed,
    );
    const parameters = [...network.parameters.values()];
    const reserved = [network.gradients, network.slot(0), network.slot(1), network.reserve('more', 3, 5)];
    expect(parameters[0]?.ptr ?? PAGE).toBe(PAGE);
    expectOrdered([...parameters, ...reserved], MemoryArena.start);
    for (const part of parameters) {
      const gradient = network.partOf(network.gradients, part);
      expect(gradient.ptr - network.gradients.ptr).toBe(part.ptr - network.block.ptr);
      expect(gradient.ptr + 4 * gradient.length).toBeLessThanOrEqual(network.slot(0).ptr);
    }
    const end = reserved.at(-1)!.ptr + 4 * reserved.at(-1)!.length;

    for (const training of [false, true]) {
      const request = {
        steps: draw.integer(1, 12),
        batch: draw.integer(1, 9),
        training,
        targets: 'none',
      } as const;
      const layout = new Recorder(align(end));
      const plan = new ChainPlan(network, layout, network.gradients.ptr, request);
      expectOrdered(layout.regions, end);
      expect(plan.end).toBe(layout.end);
      const used = [
        plan.input,
        plan.targets,
        plan.output,
        ...plan.states.flatMap((s) => [s.initial, s.final]),
      ];
      for (const { ptr, length } of used) {
        const inside = layout.regions.some((r) => ptr >= r.ptr && ptr + 4 * length <= r.ptr + 4 * r.length);
        expect(inside).toBe(true);
      }
      // the plan that is used lies there too
      expect(network.prepare(request).end).toBe(plan.end);
    }
  });

  test.each(seeds)('draw %i: page 0 stays as it is, and nothing past the plan is written', (seed) => {
    const draw = new Draw(seed);
    const model = new u.Sequential(drawnLayers(draw), { seed });
    const { network } = model;
    const [steps, batch] = [draw.integer(1, 9), draw.integer(1, 7)];
    const { kind, size } = network.input;
    const ofIndices = seed % 2 === 0 && network.outputSize > 1;
    const input = () =>
      kind === 'indices' ? draw.indices(size, steps, batch) : draw.features(1, steps, batch, size);
    const target = () =>
      ofIndices
        ? draw.indices(network.outputSize, steps, batch)
        : draw.features(1, steps, batch, network.outputSize);
    const optimizer = [new u.Adam(), new u.AdamW(), new u.RMSprop({ centered: true, momentum: 0.5 })][
      seed % 3
    ]!;
    const trainer = new u.Trainer(model, {
      loss: ofIndices ? u.crossEntropy : u.mse,
      optimizer,
      carryState: seed % 4 < 2,
    });
    const stream = model.stream();
    trainer.step(input(), target());
    const { arena } = network;
    const own = arena.i32.slice(OWN / 4, PAGE / 4);
    const constants = arena.i32.slice(CONSTANTS / 4, (CONSTANTS + 128) / 4);
    const canary = trainer.plan(steps, batch).plan.end;
    arena.i32.fill(0x5a5a5a5a, canary / 4);
    for (let i = 0; i < 3; i++) trainer.step(input(), target());
    stream.step(kind === 'indices' ? 0 : new Float32Array(size));
    model.forward(input());
    expect(arena.i32.slice(OWN / 4, PAGE / 4)).toEqual(own);
    expect(arena.i32.slice(CONSTANTS / 4, (CONSTANTS + 128) / 4)).toEqual(constants);
    const page = arena.i32.slice(0, OWN / 4).fill(0, CONSTANTS / 4, (CONSTANTS + 128) / 4);
    expect(page.every((v) => v === 0)).toBe(true);
    expect(arena.i32.subarray(canary / 4).every((v) => v === 0x5a5a5a5a)).toBe(true);
    // an update leaves the gaps between parameters at zero
    let at = network.block.ptr;
    for (const { ptr, length } of network.parameters.values()) {
      expect(arena.i32.subarray(at / 4, ptr / 4).every((v) => v === 0)).toBe(true);
      at = ptr + 4 * length;
    }
  });
});

describe('MemoryArena', () => {
  test('reads, writes, clears and copies regions; views follow growth', () => {
    const arena = new MemoryArena(2 * PAGE);
    const layout = new Layout(MemoryArena.start);
    const [a, b] = [layout.take('a', 4), layout.take('b', 4)];
    arena.write(a, [1, 2, 3, 4]);
    arena.copy(a, b);
    const view = arena.f32;
    arena.ensure(5 * PAGE - 1);
    expect(arena.bytes).toBe(5 * PAGE);
    expect(view.length).toBe(0);
    expect([...arena.read(b)]).toEqual([1, 2, 3, 4]);
    arena.clear(a);
    expect([...arena.read(a), ...arena.read(b)]).toEqual([0, 0, 0, 0, 1, 2, 3, 4]);
    arena.ensure(PAGE);
    expect(arena.bytes).toBe(5 * PAGE);
  });

  test('what was read is a copy', () => {
    const arena = new MemoryArena(2 * PAGE);
    const region = new Layout(MemoryArena.start).take('a', 2);
    const copy = arena.read(region);
    arena.write(region, [7, 8]);
    expect([...copy]).toEqual([0, 0]);
  });
});
