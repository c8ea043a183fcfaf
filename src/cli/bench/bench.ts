import { cpus } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { probe } from '../../../bench/probe.mjs';
import { type KernelBuild, runtimeInfo } from '../../index.ts';
import { CliError } from '../failure.ts';
import { type Io, print } from '../io.ts';
import { loadKernels } from '../kernels.ts';
import { candidates } from '../tiles.ts';
import { PACKAGE_WORKS } from './packageWorks.ts';
import type { Work } from './work.ts';
import { WORKS } from './works.ts';

const ALL: readonly Work[] = [...WORKS, ...PACKAGE_WORKS];

export interface BenchOptions {
  readonly json?: boolean;
  /** Texts in the names of works, separated by commas. */
  readonly only?: string;
  /** Seconds per work. */
  readonly time?: number;
  readonly kernels?: KernelBuild;
  readonly revectorize?: boolean;
}

/** A measurement: medians and quartiles in µs. */
interface Row {
  readonly work: string;
  readonly shape: Readonly<Record<string, number>>;
  readonly engine: string;
  readonly us: number;
  readonly p25: number;
  readonly p75: number;
  readonly gflops: number;
  /** Of element-wise work. */
  readonly gbps?: number;
  /** Percent of the peak measured right before, of all its threads. */
  readonly percent: number;
}

/** Time of the probe of the peak, and the least of a sample, in ms. */
const PROBE_MS = 30;
const SAMPLE_MS = 1;

/** `unrolled bench`: times kernels and layers, next to the measured peak of multiply and add. */
export async function bench(options: BenchOptions, io: Io): Promise<number> {
  const chosen = select(options.only);
  await loadKernels(options.kernels ?? 'auto', options.revectorize);
  const runtime = runtimeInfo();
  const engine = `unrolled-${runtime.kernels}${runtime.revectorized ? '-revec' : ''}`;
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${process.platform} ${process.arch}`;
  const peak = probe(runtime.kernels);
  const say = (line: string) => (options.json ? undefined : print(io.stdout, `${line}\n`));
  await say(machine);
  await say(`Node ${process.versions.node}, ${engine}, one thread unless named`);
  await say(`peak of multiply and add: ${peak(10 * PROBE_MS).gflops.toFixed(1)} GFLOP/s (128-bit vectors)\n`);
  await say(line(['work', 'shape', 'median', 'rate', 'of the peak']));
  const rows: Row[] = [];
  const add = async (row: Row) => {
    rows.push(row);
    await say(shown(row));
  };
  if (chosen.tiles) {
    const { gflops: top } = peak(PROBE_MS);
    for (const { name, gflops } of candidates(runtime)) {
      const shape = { M: Number.parseInt(name, 10), N: 240, K: 256 };
      const us = (2 * shape.M * shape.N * shape.K) / gflops / 1e3;
      await add({
        ...{ work: `tile-${name}`, shape, engine, us, p25: us, p75: us },
        gflops,
        percent: (100 * gflops) / top,
      });
    }
  }
  const init = { kernels: runtime.kernels, revectorize: runtime.revectorized };
  for (const work of chosen.works) {
    try {
      await work.load?.(init);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
      await print(io.stderr, 'threads and int8 are not built here: npm run build\n');
      break;
    }
    const { gflops: top } = peak(PROBE_MS);
    await add(measured(work, engine, (options.time ?? 0.3) * 1000, top));
    // lets signals run
    await setImmediate();
  }
  if (options.json)
    await print(io.stdout, `${JSON.stringify({ machine, node: process.versions.node, rows }, null, 1)}\n`);
  return 0;
}

/** Works whose name or shape has one of the texts. @throws {CliError} if a text fits none */
function select(only: string | undefined): { readonly works: readonly Work[]; readonly tiles: boolean } {
  const texts = only?.split(',').filter((text) => text !== '');
  if (!texts?.length) return { works: ALL, tiles: true };
  const names = ALL.map(({ work, shape }) => `${work}-${shapeName(shape)}`);
  const unknown = texts.find((text) => text !== 'tile' && !names.some((name) => name.includes(text)));
  if (unknown !== undefined) {
    const works = [...new Set(ALL.map(({ work }) => work))].join(', ');
    throw new CliError(`--only: there is no '${unknown.slice(0, 40)}'; there are tile, ${works}`, 2);
  }
  return {
    works: ALL.filter((_, i) => texts.some((text) => names[i]!.includes(text))),
    tiles: texts.includes('tile'),
  };
}

function measured(
  { work, shape, flops, bytes, threads = 1, make }: Work,
  engine: string,
  ms: number,
  top: number,
): Row {
  const { run, dispose } = make();
  try {
    for (let i = 0; i < 3; i++) run();
    const repeats = Math.max(1, Math.ceil(SAMPLE_MS / Math.max(timed(run, 1), 1e-4)));
    const samples: number[] = [];
    const end = performance.now() + ms;
    do samples.push(timed(run, repeats));
    while (performance.now() < end);
    samples.sort((a, b) => a - b);
    const at = (share: number) => 1000 * samples[Math.floor(share * (samples.length - 1))]!;
    const us = at(0.5);
    const gflops = flops / us / 1e3;
    return {
      ...{ work, shape, engine, us, p25: at(0.25), p75: at(0.75), gflops },
      ...(bytes === undefined ? {} : { gbps: bytes / us / 1e3 }),
      percent: (100 * gflops) / (top * threads),
    };
  } finally {
    dispose?.();
  }
}

/** ms of a run, the mean of some. */
function timed(run: () => void, repeats: number): number {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) run();
  return (performance.now() - start) / repeats;
}

function shapeName(shape: Work['shape']): string {
  return Object.entries(shape)
    .map(([key, value]) => `${key}${value}`)
    .join('-');
}

function shown({ work, shape, us, gflops, gbps, percent }: Row): string {
  const rate = gbps === undefined ? `${gflops.toFixed(1)} GFLOP/s` : `${gbps.toFixed(1)} GB/s`;
  const share = gbps === undefined ? `${percent.toFixed(0)} %` : '';
  return line([work, shapeName(shape), `${us < 100 ? us.toFixed(2) : us.toFixed(0)} µs`, rate, share]);
}

function line([work, shape, ...numbers]: readonly string[]): string {
  const cells = numbers.map((cell) => cell.padStart(13));
  return `${work!.padEnd(22)}${shape!.padEnd(19)}${cells.join('')}`.trimEnd();
}
