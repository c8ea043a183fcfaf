import { readInput, shown } from './files.ts';
import { columnsOf, type Io, print } from './io.ts';
import { count, plural } from './show.ts';
import { lossCurve } from './train/curve.ts';
import { UNITS } from './train/subject.ts';
import { readTrained } from './train/training.ts';

export interface PlotOptions {
  readonly csv?: boolean;
}

/** `unrolled plot`: the loss curve of a run that `train` saved. */
export async function plot(path: string, { csv = false }: PlotOptions, io: Io): Promise<number> {
  const { training } = readTrained(await readInput(path, io), path);
  const { kind, losses, step, steps, best } = training;
  if (csv) {
    const rows = losses.curve.map(([at, loss]) => `${at},${loss}\n`);
    await print(io.stdout, `step,loss\n${rows.join('')}`);
    return 0;
  }
  const unit = UNITS[kind].loss;
  const curve = lossCurve(losses, columnsOf(io.stdout));
  const lines = [
    `${shown(path)}: ${count(step)} of ${plural(steps, 'step')}`,
    ...(curve ? [`Loss by step, ${unit}`, curve] : []),
    ...(step > 0 ? [`Loss ${losses.recent.toFixed(3)} ${unit}`] : []),
    ...(best ? [`Lowest validation loss ${best.loss.toFixed(3)}, after ${plural(best.step, 'step')}`] : []),
  ];
  await print(io.stdout, `${lines.join('\n')}\n`);
  return 0;
}
