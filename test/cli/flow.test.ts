import { describe, expect, test } from 'vitest';
import { flowLines, remark } from '../../src/cli/train/flow.ts';
import { Losses } from '../../src/cli/train/losses.ts';
import { type FlowInput, type GateInput, summarize } from '../../src/diagnostics/flow.ts';

function input(hNorms: readonly number[], ratio: number, rest: Partial<FlowInput> = {}): FlowInput {
  const raw = Float32Array.from(hNorms.flatMap((norm) => [norm, norm, norm * ratio]));
  return { layer: 0, direction: 'forward', raw, gates: [], ...rest };
}

const lines = (...inputs: FlowInput[]) => flowLines(summarize(inputs), 200);
/** The sparkline of a line: what stands between the name and the facts. */
const spark = (line: string) => /^layer \d+ [→←] +(\S+) /.exec(`${line} `)![1]!;

describe('flowLines', () => {
  test('the scale, then a line a layer', () => {
    const gates: GateInput[] = [{ gate: 'h', activation: 'tanh', saturated: 0.12 }];
    const norms = Array.from({ length: 40 }, (_, t) => 10 ** ((t - 39) / 10));
    expect(lines(input(norms, 10 ** -0.105, { gates }))).toEqual([
      '‖∂L/∂h_t‖ from the first step to the last, ▁ 1.3e-4 to █ 1.0, even in log10',
      'layer 0 →  ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇█████',
      '           ratio 0.79 per step, memory 4 steps, 12 % saturated; reaches 28 of 40 steps back (6.3e-5 of a gradient ' +
        'is left after 40 steps, less than 0.001)',
    ]);
  });

  test('one scale for all layers and directions', () => {
    const [head, first, , second, facts] = lines(
      input([1, 1e7], 1),
      input([1e3, 1e4], 1, { layer: 10, direction: 'reverse' }),
    );
    expect(head).toContain('▁ 1.0 to █ 1.0e+7');
    expect(first!.startsWith('layer 0 →   ▁█')).toBe(true);
    expect(second!.startsWith('layer 10 ←  ▄▅')).toBe(true);
    expect(facts).toContain('ratio 1.0 per step, memory without end; reaches 2 of 2 steps back (');
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
      'layer 0 →  ███',
      expect.stringMatching(/^ +ratio/),
    ]);
    const single = lines(input([3], 0.5));
    expect(single[1]).toBe('layer 0 →  █');
    expect(single[2]).toContain('ratio 0.50 per step, memory 1 step; reaches 1 of 1 step back (');
  });

  test('zeros and numbers that are not finite have signs of their own', () => {
    expect(spark(lines(input([0, 0, 1, 100], 0.5))[1]!)).toBe('··▁█');
    const [head, line, facts] = lines(input([0, 0], 0.5));
    expect(head).toContain('· 0');
    expect(line).toBe('layer 0 →  ··');
    expect(facts).toContain('no ratio; reaches 0 of 2 steps back (the gradient is 0 at every step)');
    const [, broken, why] = lines(input([1, Number.NaN, 10], 0.5));
    expect(spark(broken!)).toBe('▁!█');
    expect(why).toContain("no ratio; not finite (the gradient's norm is not finite at step 1)");
  });

  test.each([
    [0, '0 % saturated'],
    [0.001, '< 1 % saturated'],
    [0.996, '100 % saturated'],
  ])('a share of %d: %s', (saturated, text) => {
    const gates: GateInput[] = [{ gate: 'h', activation: 'tanh', saturated }];
    expect(lines(input([1, 1], 1, { gates }))[2]).toContain(`, ${text}; reaches 2 of 2 steps back`);
  });

  test.each([
    [0.1, '0.43 steps'],
    [0.5, '1 step'],
    [0.9, '9 steps'],
    [0.99, '99 steps'],
  ])('a ratio of %d: memory %s', (ratio, text) => {
    expect(lines(input([1, 1], ratio))[2]).toContain(`memory ${text};`);
  });

  test.each([40, 60, 80])('fits into %d columns', (columns) => {
    const gates: GateInput[] = [{ gate: 'h', activation: 'tanh', saturated: 0.12 }];
    const norms = Array.from({ length: 64 }, (_, t) => 10 ** ((t - 39) / 10));
    const shown = flowLines(summarize([input(norms, 10 ** -0.1, { gates })]), columns);
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(shown.join(' ').replace(/ +/g, ' ')).toContain('reaches 29 of 64 steps back');
  });

  test('no layers: only the scale', () => {
    expect(flowLines({ layers: [] }, 80)).toHaveLength(1);
  });
});

describe('the remark on the progress line', () => {
  const fading = input(Array(40).fill(1), 10 ** -0.1);
  const growing = input([1e9, 1], 1e5);
  const broken = input([1, Number.NaN], 1);
  const says = (isFalling: boolean, ...inputs: FlowInput[]) => remark(summarize(inputs), isFalling);

  test('says how far back the gradient reaches, without an alarm while the loss falls', () => {
    expect(says(true, input([1, 1], 1))).toBe('gradient reaches 2 of 2 steps');
    expect(says(true, fading)).toBe('gradient reaches 29 of 40 steps');
    expect(says(true, growing)).toBe('gradient reaches 2 of 2 steps');
  });

  test('the layer whose gradient reaches farthest counts', () => {
    expect(says(true, fading, input(Array(40).fill(1), 0.9))).toBe('gradient reaches 40 of 40 steps');
  });

  test('an alarm where the loss does not fall', () => {
    expect(says(false, fading)).toBe('loss stuck, gradient vanishes after 29 steps!');
    expect(says(false, input([1, 1], 1e-4))).toBe('loss stuck, gradient vanishes after 0 steps!');
    expect(says(false, growing)).toBe('loss stuck, gradient exploding!');
    expect(says(false, input([1, 1], 1))).toBe('gradient reaches 2 of 2 steps');
  });

  test('an alarm where numbers are not finite, whatever the loss does', () => {
    expect(says(true, input([1, 1], 1), broken)).toBe('gradient not finite!');
  });

  test('a loss falls when its last steps are below those of the first half of the run', () => {
    const after = (...parts: [number, number][]) => {
      const losses = new Losses();
      for (const [steps, loss] of parts) for (let i = 0; i < steps; i++) losses.add(loss);
      return losses.areFalling;
    };
    // too few to tell
    expect(after([99, 4])).toBe(true);
    expect(after([200, 4])).toBe(false);
    expect(after([20, 4.3], [2000, 3])).toBe(false);
    expect(after([300, 4], [300, 3], [300, 2], [300, 1.9])).toBe(true);
    expect(after([300, 2], [300, 3])).toBe(false);
  });
});
