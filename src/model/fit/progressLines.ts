import type { MetricValue } from '../../data/metrics/metric.ts';
import { FeatureError } from '../../errors.ts';
import type { EpochRecord, Progress } from './types.ts';

/** A bar of cli-progress. */
interface Bar {
  start(total: number, value: number, payload: object): void;
  update(value: number, payload: object): void;
  stop(): void;
}

interface NodeProcess {
  readonly stderr?: { readonly isTTY?: boolean; write(text: string): unknown } | undefined;
  cwd(): string;
  getBuiltinModule?(name: string): unknown;
}

/**
 * Shows the progress on stderr: a line per epoch, and in a terminal a bar if cli-progress can be found from the working
 * directory. Nothing is imported, so that bundlers see nothing of Node.
 * @throws {FeatureError} without a process with stderr
 */
export function progressLines(): (progress: Progress) => void {
  const { process } = globalThis as { process?: NodeProcess | undefined };
  const { stderr } = process ?? {};
  if (!stderr) throw new FeatureError('progress: there is no stderr; use onProgress');
  const makeBar = stderr.isTTY ? barOf(process!) : undefined;
  let bar: Bar | undefined;
  return (progress) => {
    const { batch, batches, record, loss, epoch, epochs } = progress;
    if (makeBar && batches !== undefined) {
      const payload = { title: `epoch ${epoch}/${epochs}`, loss: loss.toPrecision(4) };
      if (!bar) (bar = makeBar()).start(batches, batch, payload);
      else bar.update(batch, payload);
    }
    if (!record) return;
    bar?.stop();
    bar = undefined;
    stderr.write(`${line(record, epochs)}\n`);
  };
}

/** An epoch as a line of text. */
export function line(record: EpochRecord, epochs: number): string {
  const { epoch, loss, validationLoss, metrics, lr, seconds } = record;
  const parts = [`epoch ${epoch}/${epochs}`, `loss ${digits(loss)}`];
  if (validationLoss !== undefined) parts.push(`validation ${digits(validationLoss)}`);
  for (const [name, value] of Object.entries(metrics)) parts.push(`${name} ${digits(value)}`);
  return [...parts, `lr ${digits(lr)}`, `${seconds.toFixed(1)} s`].join('  ');
}

function digits(value: MetricValue): string {
  return typeof value === 'number' ? `${Number(value.toPrecision(4))}` : JSON.stringify(value);
}

/** A function that makes bars; undefined if cli-progress is not installed. */
function barOf(process: NodeProcess): (() => Bar) | undefined {
  const module = process.getBuiltinModule?.('node:module') as
    | { createRequire(from: string): (name: string) => unknown }
    | undefined;
  try {
    const { SingleBar, Presets } = module!.createRequire(`${process.cwd()}/`)('cli-progress') as {
      SingleBar: new (options: object, preset: unknown) => Bar;
      Presets: { readonly shades_classic: unknown };
    };
    const options = {
      format: '{title} {bar} {value}/{total}  loss {loss}  {eta_formatted} left',
      clearOnComplete: true,
      hideCursor: true,
    };
    return () => new SingleBar(options, Presets.shades_classic);
  } catch {
    return undefined;
  }
}
