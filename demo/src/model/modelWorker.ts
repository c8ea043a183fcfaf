import { AdamW, init, type Model, mse, type Sequential, Trainer } from 'unrolled';
import { quantile } from '../../../bench/measure.mjs';
import { drawn } from '../../../dist/modelFiles/drawn.js';
import { recognize } from '../../../dist/modelFiles/fileKind.js';
import { mainFile } from '../../../dist/modelFiles/mainFile.js';
import { isSingle, portsOf } from '../../../dist/modelFiles/modelPorts.js';
import type { Opened, Port, Value } from '../../../dist/modelFiles/opened.js';
import { EXPECTED, FORMATS } from '../../../dist/modelFiles/table.js';
import { WRITERS } from '../../../dist/modelFiles/writers.js';
import type { Answer, Ask, Box, Calls, Described, Given, Shown } from './protocol.ts';
import { type Bound, MadeUp, Table, type Task } from './task.ts';

/** Opens a model file, runs it, trains it and writes it, so that the page never waits. */

/** Longest that runs are measured, and a sample of them at least, in ms: clocks of a page count in steps of 0.1 ms. */
const RUN_MS = 400;
const SAMPLE_MS = 4;
const WARM_UP = 2;
const RATE = 1e-3;
/** Between messages of a training, in ms. */
const TELL_MS = 60;
/** Of an output and of a list. */
const VALUES = 8;
const MOST = 400;

let opened: Opened | undefined;
let model: Model | Sequential | undefined;
let trainer: Trainer | undefined;
let task: Task | undefined;
/** What `task` is made of. */
let table: string | undefined;
let trained = 0;

const calls: { [K in keyof Calls]: (...given: Parameters<Calls[K]>) => Promise<ReturnType<Calls[K]>> } = {
  open: async (files) => {
    [opened, model, trainer, task, trained] = [undefined, undefined, undefined, undefined, 0];
    const file = mainFile(files);
    const { name: kind, what } = recognize(file.bytes);
    const format = FORMATS.find(({ kinds }) => kinds.includes(kind));
    if (!format) throw new Error(`This looks like ${what}. Expected ${EXPECTED}.`);
    // its own file comes first
    const folder = () => new Map([file, ...files].map(({ name, bytes }) => [name, () => bytes]));
    opened = await format.open({ bytes: file.bytes, kind, folder, kernels: init });
    let whyNot = opened.whyNot ?? '';
    model = await opened.model?.().catch((error: Error) => {
      whyNot = error.message;
      return undefined;
    });
    return describe(file, opened, whyNot);
  },
  run: async () => {
    const given = drawn(opened!.inputs ?? portsOf(model!, 'time-major').inputs);
    let values: readonly Value[] = [];
    const run = async () => {
      values = await opened!.run!(given);
    };
    // the first ones plan memory and compile
    for (let i = 0; i < WARM_UP; i++) await run();
    const { ms, runs } = await timed(run);
    return {
      ...{ ms, runs },
      inputs: given.map(({ name, dims }) => ({ name, dims })),
      outputs: values.map(shown),
    };
  },
  train: async (csv, steps) => {
    const own = model!;
    const { inputs, outputs } = portsOf(own, 'time-major');
    if (!task || csv !== table) task = taskOf(own, csv, inputs, outputs);
    table = csv;
    const single = isSingle(own);
    const loss = single.output ? mse : Object.fromEntries(outputs.map(({ name }) => [name, mse]));
    trainer ??= new Trainer(own as Sequential, {
      loss: loss as typeof mse,
      optimizer: new AdamW({ lr: RATE }),
      clipNorm: 1,
    });
    let losses: number[] = [];
    let told = performance.now();
    for (let step = 1; step <= steps; step++) {
      const { x, y } = task.batch();
      const given = single.input ? x[inputs[0]!.name]! : x;
      const wanted = single.output ? y[outputs[0]!.name]! : y;
      losses.push(trainer.step(given as never, wanted as never).loss);
      trained++;
      if (performance.now() - told < TELL_MS && step < steps) continue;
      postMessage({ kind: 'losses', step, losses } satisfies Answer);
      losses = [];
      told = performance.now();
    }
    return { trained };
  },
  save: async (ending) => {
    const own = model;
    const bytes = await WRITERS[ending]!(own ? { ...opened!, model: async () => own } : opened!);
    return bytes as Uint8Array<ArrayBuffer>;
  },
};

addEventListener('message', async ({ data }: MessageEvent<Ask>) => {
  try {
    const call = calls[data.call] as (...given: unknown[]) => Promise<unknown>;
    const result = await call(...data.given);
    const transfer = result instanceof Uint8Array ? [result.buffer as ArrayBuffer] : [];
    postMessage({ kind: 'done', result } satisfies Answer, { transfer });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    postMessage({ kind: 'failed', error: words } satisfies Answer);
  }
});

/** The median time of a run, in samples of as many runs as one takes long enough for the clock. */
async function timed(run: () => Promise<void>): Promise<{ ms: number; runs: number }> {
  const samples: number[] = [];
  let [each, runs] = [1, 0];
  for (const start = performance.now(); performance.now() - start < RUN_MS || !samples.length; ) {
    const before = performance.now();
    for (let i = 0; i < each; i++) await run();
    const took = performance.now() - before;
    runs += each;
    if (took < SAMPLE_MS) each *= 2;
    else samples.push(took / each);
  }
  return { ms: quantile(samples, 0.5), runs };
}

function describe({ name, bytes }: Given, file: Opened, whyNot: string): Described {
  const { format, layers = [], sections = [], operators = [], metadata = {}, tensors = new Map() } = file;
  const all = [...tensors].reduce((sum, [, { data }]) => sum + data.length, 0);
  const ports = model && portsOf(model, 'time-major');
  return {
    ...{ whyNot, sections, metadata },
    file: { name, format, bytes: bytes.length },
    parameters: file.parameters ?? model?.parameterCount ?? all,
    layers: layers.slice(0, MOST),
    operators: model ? [] : operators.slice(0, MOST),
    boxes: model ? boxesOf(model).slice(0, MOST) : [],
    inputs: file.inputs ?? ports?.inputs ?? [],
    outputs: file.outputs ?? ports?.outputs ?? [],
    tensors: [...tensors]
      .slice(0, MOST)
      .map(([tensor, { dtype, shape }]) => ({ name: tensor, dtype, shape })),
    runs: file.run !== undefined,
    trains: model !== undefined,
    saves: Object.keys(WRITERS).filter((ending) => model || (ending === '.safetensors' && tensors.size)),
  };
}

/** The rows of a model's summary: columns are apart by two spaces at least. */
function boxesOf(own: Model | Sequential): Box[] {
  const lines = own.summary().split('\n').slice(2, -2);
  return lines.map((line) => {
    const [label = '', shape = '', parameters = '', reads = ''] = line.split(/ {2,}/);
    const [, name = label, type = ''] = /^(.*) \(([^)]*)\)$/.exec(label) ?? [];
    return { name, type, shape, parameters, reads };
  });
}

function shown({ name, dims, data }: Value): Shown {
  const values = Array.from(data, Number);
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min, Math.max].map((pick) =>
    finite.reduce((a, b) => pick(a, b), finite[0] ?? Number.NaN),
  );
  return { name, dims, low: low!, high: high!, values: values.slice(0, VALUES) };
}

function taskOf(
  own: Model | Sequential,
  csv: string | undefined,
  inputs: readonly Port[],
  outputs: readonly Port[],
): Task {
  if (csv === undefined) {
    // what the model gives now tells how its outputs are bounded
    const free = outputs.map((): Bound => 'free');
    const { x } = new MadeUp(inputs, outputs, free).batch();
    const result = own.forward((isSingle(own).input ? x[inputs[0]!.name]! : x) as never);
    const results = ('data' in result ? [result] : Object.values(result)) as { data: Float32Array }[];
    return new MadeUp(
      inputs,
      outputs,
      outputs.map((port, i) => boundOf(port, results[i]!.data)),
    );
  }
  if (inputs.length > 1 || outputs.length > 1)
    throw new Error(
      `a table is for a model with one input and one output; this one has ${inputs.length} and ${outputs.length}`,
    );
  return new Table(csv, inputs[0]!, outputs[0]!);
}

function boundOf({ dims }: Port, data: Float32Array): Bound {
  if (data.some((value) => value < 0 || value > 1)) return 'free';
  const size = Number(dims.at(-1));
  for (let i = 0; size > 1 && i < data.length; i += size) {
    const sum = data.subarray(i, i + size).reduce((a, b) => a + b, 0);
    if (Math.abs(sum - 1) > 1e-3) return 'unit';
  }
  return size > 1 ? 'sums to one' : 'unit';
}
