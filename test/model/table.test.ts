import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

describe('summary', () => {
  test('of a chain has each layer, its shape and parameters', () => {
    const model = new u.Sequential([
      new u.Embedding(5, 3),
      new u.LSTM(3, 4),
      new u.LastStep(),
      new u.Linear(4, 2),
    ]);
    expect(model.summary().split('\n')).toEqual([
      'Layer (type)   Output shape  Parameters',
      '───────────────────────────────────────',
      '0 (Embedding)  [T, B, 3]     15',
      '1 (LSTM)       [T, B, 4]     144',
      '2 (LastStep)   [1, B, 4]     0',
      '3 (Linear)     [1, B, 2]     10',
      '───────────────────────────────────────',
      'Total parameters: 169 (0.7 KiB)',
    ]);
    model.dispose();
  });

  test('of a graph says what each layer reads, and which are shared', () => {
    const source = u.input({ features: 3 });
    const target = u.input({ features: 3 });
    const project = new u.Linear(3, 2);
    const encoder = new u.LSTM(2, 4).apply(project.apply(source));
    const decoder = new u.LSTM(2, 4).apply(project.apply(target), { h0: encoder.hN, c0: encoder.cN });
    const next = new u.Concat().apply(decoder.output, decoder.output);
    const model = new u.Model({ inputs: { source, target }, outputs: { next } });
    const lines = model.summary().split('\n');
    expect(lines[0]).toMatch(/^Layer \(type\) +Output shape +Parameters +Connected to$/);
    expect(lines.slice(2, -2).map((line) => line.split(/ {2,}/))).toEqual([
      ['source (input)', '[T of source, B, 3]', '0'],
      ['target (input)', '[T of target, B, 3]', '0'],
      ['0 (Linear)', '[T of target, B, 2]', '8', 'target'],
      ['0 (Linear)', '[T of source, B, 2]', '0 (shared)', 'source'],
      ['1 (LSTM)', '[T of source, B, 4]', '128', '0'],
      ['2 (LSTM)', '[T of target, B, 4]', '128', '0, h0: 1.hN, c0: 1.cN'],
      ['3 (Concat)', '[T of target, B, 8]', '0', '2, 2'],
    ]);
    expect(lines.at(-1)).toBe(`Total parameters: ${model.parameterCount} (1.0 KiB)`);
    model.dispose();
  });
});
