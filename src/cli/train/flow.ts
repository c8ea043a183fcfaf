import { digits } from '../../diagnostics/digits.ts';
import type { Flow, LayerFlow } from '../../diagnostics/flow.ts';
import type { Verdict } from '../../diagnostics/verdict.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** Where every step's gradient is 0, and where one is not finite. */
const NONE = '·';
const BROKEN = '!';
/** Characters of a sparkline at most. */
const WIDTH = 40;

/** The scale of log10 that the lowest and the highest bar stand for. */
interface Scale {
  readonly low: number;
  readonly high: number;
}

/** Lines that tell how gradients flow: the scale, then a sparkline of ‖∂L/∂h_t‖ and a verdict for each layer. */
export function flowLines({ layers }: Flow): string[] {
  const columns = layers.map(({ hNorm }) => thin(hNorm));
  const scale = scaleOf(columns.flat());
  const name = ({ layer, direction }: LayerFlow) => `layer ${layer} ${direction === 'forward' ? '→' : '←'}`;
  const width = Math.max(0, ...layers.map((layer) => name(layer).length));
  return [
    `‖∂L/∂h_t‖ from the first step to the last, ${legend(scale)}`,
    ...layers.map((layer, i) => {
      const line = [...columns[i]!].map((value) => bar(value, scale)).join('');
      return `${name(layer).padEnd(width)}  ${line}  ${facts(layer)}: ${layer.verdict} (${layer.reason})`;
    }),
  ];
}

/** The layers' worst verdict, for a progress bar: `gradient healthy`. */
export function worst({ layers }: Flow): string {
  const order: readonly Verdict[] = ['not finite', 'exploding', 'vanishing'];
  const found = order.find((verdict) => layers.some((layer) => layer.verdict === verdict));
  return `gradient ${found ?? 'healthy'}`;
}

function facts({ meanRatio, memory, gates, saturated }: LayerFlow): string {
  const share = saturated > 0 && saturated < 0.005 ? '< 1' : String(Math.round(100 * saturated));
  return [
    meanRatio === null ? 'no ratio' : `ratio ${digits(meanRatio)} a step`,
    ...(memory === null ? [] : [`memory ${steps(memory)}`]),
    ...(gates.some((gate) => gate.saturated !== undefined) ? [`${share} % saturated`] : []),
  ].join(', ');
}

function steps(memory: number): string {
  if (memory === Number.POSITIVE_INFINITY) return 'without end';
  const text = memory < 1 || memory >= 1e5 ? digits(memory) : String(Math.round(memory));
  return `${text} ${text === '1' ? 'step' : 'steps'}`;
}

/** log10 of at most WIDTH norms: each the mean of as many neighbours that are not 0; NaN where one is not finite. */
function thin(norms: readonly number[]): number[] {
  const per = Math.ceil(norms.length / WIDTH);
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
