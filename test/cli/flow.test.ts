import { describe, expect, test } from 'vitest';
import { flowLines, worst } from '../../src/cli/train/flow.ts';
import { type FlowInput, type GateInput, summarize } from '../../src/diagnostics/flow.ts';

function input(hNorms: readonly number[], ratio: number, rest: Partial<FlowInput> = {}): FlowInput {
  const raw = Float32Array.from(hNorms.flatMap((norm) => [norm, norm, norm * ratio]));
  return { layer: 0, direction: 'forward', raw, gates: [], ...rest };
}

const lines = (...inputs: FlowInput[]) => flowLines(summarize(inputs));
/** The sparkline of a line: what stands between the name and the facts. */
const spark = (line: string) => /^layer \d+ [→←] +(\S+) /.exec(line)![1]!;

describe('flowLines', () => {
  test('the scale, then a line a layer', () => {
    const gates: GateInput[] = [{ gate: 'h', activation: 'tanh', saturated: 0.12 }];
    const norms = Array.from({ length: 40 }, (_, t) => 10 ** ((t - 39) / 10));
    expect(lines(input(norms, 10 ** -0.1, { gates }))).toEqual([
      '‖∂L/∂h_t‖ from the first step to the last, ▁ 1.3e-4 to █ 1.0, even in log10',
      'layer 0 →  ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇█████  ratio 0.79 a step, memory 4 steps, 12 % saturated: ' +
        'vanishing (1.0e-4 of a gradient is left after 40 steps, less than 0.001)',
    ]);
  });

  test('one scale for all layers and directions', () => {
    const [head, first, second] = lines(
      input([1, 1e7], 1),
      input([1e3, 1e4], 1, { layer: 10, direction: 'reverse' }),
    );
    expect(head).toContain('▁ 1.0 to █ 1.0e+7');
    expect(first!.startsWith('layer 0 →   ▁█')).toBe(true);
    expect(second!.startsWith('layer 10 ←  ▄▅')).toBe(true);
    expect(second).toContain('ratio 1.0 a step, memory without end: healthy (');
  });

  test('long sequences are brought down to 40 bars, in the mean of the logarithms', () => {
    for (const T of [41, 80, 1000]) {
      const [, line] = lines(
        input(
          Array.from({ length: T }, (_, t) => 2 ** (t % 2)),
          1,
        ),
      );
      expect(spark(line!).length).toBeLessThanOrEqual(40);
    }
    const [head] = lines(
      input(
        Array.from({ length: 80 }, (_, t) => (t < 40 ? 1 : 100) * 4 ** (t % 2)),
        1,
      ),
    );
    expect(head).toContain('▁ 2.0 to █ 200');
  });

  test('all alike, and a single step', () => {
    expect(lines(input([3, 3, 3], 1))).toEqual([
      expect.stringContaining('all about 3.0'),
      expect.stringMatching(/^layer 0 → {2}███ {2}ratio/),
    ]);
    expect(lines(input([3], 0.5))[1]).toContain('█  ratio 0.50 a step, memory 1 step: healthy (');
  });

  test('zeros and numbers that are not finite have signs of their own', () => {
    expect(spark(lines(input([0, 0, 1, 100], 0.5))[1]!)).toBe('··▁█');
    const [head, line] = lines(input([0, 0], 0.5));
    expect(head).toContain('· 0');
    expect(line).toBe('layer 0 →  ··  no ratio: vanishing (the gradient is 0 at every step)');
    const broken = lines(input([1, Number.NaN, 10], 0.5))[1]!;
    expect(spark(broken)).toBe('▁!█');
    expect(broken).toContain("no ratio: not finite (the gradient's norm is not finite at step 1)");
  });

  test.each([
    [0, '0 % saturated'],
    [0.001, '< 1 % saturated'],
    [0.996, '100 % saturated'],
  ])('a share of %d: %s', (saturated, text) => {
    const gates: GateInput[] = [{ gate: 'h', activation: 'tanh', saturated }];
    expect(lines(input([1, 1], 1, { gates }))[1]).toContain(`, ${text}: healthy`);
  });

  test.each([
    [0.1, '0.43 steps'],
    [0.5, '1 step'],
    [0.9, '9 steps'],
    [0.99, '99 steps'],
  ])('a ratio of %d: memory %s', (ratio, text) => {
    expect(lines(input([1, 1], ratio))[1]).toContain(`memory ${text}:`);
  });

  test('the worst verdict of all', () => {
    const fading = input([1e-9, 1], 1e-5);
    const growing = input([1e9, 1], 1e5);
    const broken = input([1, Number.NaN], 1);
    expect(worst(summarize([input([1, 1], 1)]))).toBe('gradient healthy');
    expect(worst(summarize([input([1, 1], 1), fading]))).toBe('gradient vanishing');
    expect(worst(summarize([fading, growing]))).toBe('gradient exploding');
    expect(worst(summarize([broken, growing]))).toBe('gradient not finite');
  });

  test('no layers: the scale alone', () => {
    expect(flowLines({ layers: [] })).toHaveLength(1);
  });
});
