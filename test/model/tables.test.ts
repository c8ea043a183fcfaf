import { beforeAll, describe, expect, test } from 'vitest';
import { FormatError, init, type JoinLayer, type Layer, Sequential } from '../../src/index.ts';
import { LOSSES } from '../../src/losses/table.ts';
import { makeLoss, makeOptimizer, makeSchedule } from '../../src/model/fromDescription.ts';
import { makeJoin } from '../../src/model/graph/joinRegistry.ts';
import { OPTIMIZERS, SCHEDULES } from '../../src/optim/table.ts';
import { joins, layers, lossCases, optimizerCases, schedules } from '../every.ts';

beforeAll(() => init());

describe('descriptions', () => {
  test.each(lossCases)('loss $label', ({ name, options, make }) => {
    expect(JSON.stringify(makeLoss({ name, ...options } as never))).toBe(JSON.stringify(make()));
    expect(make().name).toBe(name);
  });

  test.each(optimizerCases)('optimizer $label', ({ name, options, make }) => {
    const made = makeOptimizer({ name, ...options } as never);
    expect(made.constructor).toBe(make().constructor);
    expect(made.lr).toBe(make().lr);
  });

  test.each(Object.entries(schedules))('schedule %s, before another one', (name, options) => {
    const inner = { name: name as keyof typeof SCHEDULES, ...options };
    const made = makeSchedule({ name: 'warmup', steps: 2, after: inner as never });
    const alone = SCHEDULES[inner.name](options as never);
    for (let step = 0; step < 9; step++) expect(made(step + 2)).toBe(alone(step));
  });

  test('cover every member of the tables', () => {
    expect(new Set(lossCases.map(({ name }) => name as string))).toEqual(
      new Set(Object.keys(LOSSES).filter((name) => name !== 'ctc')),
    );
    expect(new Set(optimizerCases.map(({ name }) => name as string))).toEqual(
      new Set(Object.keys(OPTIMIZERS)),
    );
  });
});

describe('saved models', () => {
  test.each(Object.entries<() => Layer>(layers))('%s comes back with its options', (type, make) => {
    const layer = make();
    expect(layer.type).toBe(type);
    // a layer without a size needs one that has
    const chain = layer.input ? [layer] : [layers.Linear(), layer];
    const model = new Sequential(chain, { seed: 2 });
    const loaded = Sequential.load(model.save());
    expect(loaded.layers.map((it) => [it.type, it.config()])).toEqual(
      chain.map((it) => [it.type, it.config()]),
    );
    expect(loaded.stateDict()).toEqual(model.stateDict());
  });
});

describe('layers with several inputs', () => {
  test.each(Object.entries<() => JoinLayer>(joins))('%s is made again from its options', (type, make) => {
    const join = make();
    expect(join.type).toBe(type);
    const made = makeJoin({ type, ...join.config() });
    expect([made.constructor, made.config()]).toEqual([join.constructor, join.config()]);
    expect(() => makeJoin({ type, nonsense: 1 })).toThrow(FormatError);
  });
});
