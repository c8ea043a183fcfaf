import { digits } from '../../diagnostics/digits.ts';
import type { Flow, LayerFlow } from '../../diagnostics/flow.ts';
import { VANISHING_SHARE } from '../../diagnostics/verdict.ts';
import { plural, wrapped } from '../show.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** Shown if every gradient is 0, and if one is not finite. */
const NONE = '·';
const BROKEN = '!';
/** Maximum width of a sparkline, and columns used next to it. */
const WIDTH = 40;
const NAME = 16;

/** log10 values of the lowest and the highest bar. */
interface Scale {
  readonly low: number;
  readonly high: number;
}

/**
 * Describes how gradients flow, in lines of at most `columns` columns: the scale, then for each layer a sparkline of
 * ‖∂L/∂h_t‖ and a verdict.
 */
export function flowLines({ layers }: Flow, columns: number): string[] {
  const bars = layers.map(({ hNorm }) => thin(hNorm, columns));
  const scale = scaleOf(bars.flat());
  const name = ({ layer, direction }: LayerFlow) => `layer ${layer} ${direction === 'forward' ? '→' : '←'}`;
  const width = Math.max(0, ...layers.map((layer) => name(layer).length));
  return [
    ...wrapped(`‖∂L/∂h_t‖ from the first step to the last, ${legend(scale)}`, columns),
    ...layers.flatMap((layer, i) => {
      const line = [...bars[i]!].map((value) => bar(value, scale)).join('');
      return [
        `${name(layer).padEnd(width)}  ${line}`,
        ...wrapped(`${facts(layer)}; ${reachOf(layer)} (${layer.reason})`, columns, width + 2),
      ];
    }),
  ];
}

/**
 * The gradient flow for a progress bar: `gradient reaches 21 of 64 steps`. Warns only if numbers are not finite, or
 * if the gradient vanishes or explodes and the loss does not fall.
 */
export function remark({ layers }: Flow, isFalling: boolean): string {
  if (layers.some(({ verdict }) => verdict === 'not finite')) return 'gradient not finite!';
  const reach = Math.max(...layers.map((layer) => reached(layer)));
  const steps = layers[0]!.hNorm.length;
  if (!isFalling) {
    if (layers.some(({ verdict }) => verdict === 'exploding')) return 'loss stuck, gradient exploding!';
    if (reach < steps)
      return `loss stuck, gradient vanishes after ${steps === 1 ? '1 step' : `${reach} steps`}!`;
  }
  return `gradient reaches ${reach} of ${steps} steps`;
}

/** Number of steps back from the loss at which more than 1/1000 of the gradient is left. */
function reached({ ratio, direction }: LayerFlow): number {
  const back = direction === 'forward' ? ratio.toReversed() : ratio;
  let share = 1;
  const end = back.findIndex((one) => {
    share *= one ?? 0;
    return !(share >= VANISHING_SHARE);
  });
  return end < 0 ? back.length : end;
}

function reachOf(layer: LayerFlow): string {
  return layer.verdict === 'not finite'
    ? 'not finite'
    : `reaches ${reached(layer)} of ${plural(layer.hNorm.length, 'step')} back`;
}

function facts({ meanRatio, memory, gates, saturated }: LayerFlow): string {
  const share = saturated > 0 && saturated < 0.005 ? '< 1' : String(Math.round(100 * saturated));
  return [
    meanRatio === null ? 'no ratio' : `ratio ${digits(meanRatio)} per step`,
    ...(memory === null ? [] : [`memory ${steps(memory)}`]),
    ...(gates.some((gate) => gate.saturated !== undefined) ? [`${share} % saturated`] : []),
  ].join(', ');
}

function steps(memory: number): string {
  if (memory === Number.POSITIVE_INFINITY) return 'without end';
  const text = memory < 1 || memory >= 1e5 ? digits(memory) : String(Math.round(memory));
  return `${text} ${text === '1' ? 'step' : 'steps'}`;
}

/**
 * log10 of the norms, averaged to fit the width: each the mean over equal numbers of neighbours, zeros excluded; NaN
 * if one is not finite.
 */
function thin(norms: readonly number[], columns: number): number[] {
  const per = Math.ceil(norms.length / Math.max(1, Math.min(WIDTH, columns - NAME)));
  const out: number[] = [];
  for (let t = 0; t < norms.length; t += per) {
    const part = norms.slice(t, t + per);
    const logs = part.filter((norm) => norm !== 0).map(Math.log10);
    const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
    const broken = part.some((norm) => !Number.isFinite(norm));
    out.push(broken ? Number.NaN : logs.length ? mean : Number.NEGATIVE_INFINITY);
  }
  return out;
}

function scaleOf(logs: readonly number[]): Scale | undefined {
  const known = logs.filter(Number.isFinite);
  return known.length ? { low: Math.min(...known), high: Math.max(...known) } : undefined;
}

function legend(scale: Scale | undefined): string {
  if (!scale) return `${NONE} 0, ${BROKEN} not finite`;
  const [low, high] = [digits(10 ** scale.low), digits(10 ** scale.high)];
  return low === high ? `all about ${high}` : `${BARS[0]} ${low} to ${BARS.at(-1)} ${high}, even in log10`;
}

function bar(log: number, scale: Scale | undefined): string {
  if (Number.isNaN(log)) return BROKEN;
  if (log === Number.NEGATIVE_INFINITY || !scale) return NONE;
  const span = scale.high - scale.low;
  const part = span === 0 ? 1 : (log - scale.low) / span;
  return BARS[Math.min(BARS.length - 1, Math.floor(part * BARS.length))]!;
}
