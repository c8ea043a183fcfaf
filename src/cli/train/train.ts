import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Flow, FormatError, type KernelBuild } from '../../index.ts';
import { type CharacterModel, readCharacterModel } from '../characterModel.ts';
import { CliError, printable } from '../failure.ts';
import { checkWritable, readBytes, readText, sameFile, writeWhole } from '../files.ts';
import type { Io } from '../io.ts';
import { loadKernels } from '../kernels.ts';
import { count, duration, plural, quoted, size } from '../show.ts';
import { passage } from '../text/passage.ts';
import { lossCurve } from './curve.ts';
import { flowLines, worst } from './flow.ts';
import { Interrupt } from './interrupt.ts';
import { RECENT } from './losses.ts';
import { Progress } from './progress.ts';
import { Session } from './session.ts';
import { DEFAULT_STEPS, DEFAULTS, optionName, type Settings } from './settings.ts';

const DEFAULT_OUT = 'model.safetensors';

/** What was given on the command line, nothing else. */
export interface TrainOptions extends Partial<Settings> {
  readonly steps?: number;
  readonly out?: string;
  /** `true`: the file of `out`. */
  readonly resume?: string | true;
  readonly kernels?: KernelBuild;
  readonly revectorize?: boolean;
  /** Updates from one look at the gradient's flow to the next; without it there is none. */
  readonly flow?: number;
  /** Of the passage at the end. */
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
}

interface Run {
  readonly session: Session;
  /** Updates in the end. */
  readonly steps: number;
  readonly kernels: KernelBuild;
}

/** `unrolled train`: gives the exit code, 130 after a signal. */
export async function train(file: string, options: TrainOptions, io: Io): Promise<number> {
  const resume = options.resume === true ? (options.out ?? DEFAULT_OUT) : options.resume;
  const out = options.out ?? resume ?? DEFAULT_OUT;
  const print = (line: string) => io.stdout.write(`${line}\n`);
  const text = readText(file);
  if (text === '') throw new CliError(`${printable(file)}: the text is empty`);
  if (sameFile(file, out)) throw new CliError(`--out ${printable(out)} is the text itself`);
  checkWritable(out);
  const run = resume === undefined ? await start(text, options) : await resumed(resume, text, options, print);
  const { session, steps } = run;
  const { vocabulary, settings, model } = session;
  // refused now rather than at the end
  vocabulary.encode(options.prompt ?? '');
  for (const line of describe(file, run)) print(line);

  const began = performance.now();
  const progress = new Progress(io.stdout, session.step, steps, settings.batch * settings.seqLen);
  using interrupt = new Interrupt(() => progress.stop());
  const flow = await updates(run, options.flow, progress, interrupt);
  writeWhole(out, session.save(steps));
  if (session.step < steps) {
    const again = io.trainAgain ?? `${io.program ?? 'unrolled'} train ${quoted(file)}`;
    print(`Stopped after ${count(session.step)} of ${plural(steps, 'step')}.`);
    print(
      `Saved ${printable(out)}; continue with: ${again} --resume${out === DEFAULT_OUT ? '' : ` ${quoted(out)}`}`,
    );
    return 130;
  }
  print(`\nLoss by step, nats a character\n${lossCurve(session.losses)}\n`);
  if (flow)
    print(
      `Gradient of a sequence's last loss after ${plural(steps, 'step')}\n${flowLines(flow).join('\n')}\n`,
    );
  print(
    `Loss ${session.losses.recent.toFixed(3)} nats a character (mean of the last ${Math.min(RECENT, session.step)} steps), ` +
      `trained in ${duration((performance.now() - began) / 1000)}`,
  );
  const { prompt = '', length = 400, temperature = 0.7 } = options;
  if (length > 0) {
    print(`\nA passage the model wrote (temperature ${temperature})\n`);
    const written = passage(model, vocabulary, { prompt, length, temperature, seed: settings.seed });
    print(`${prompt}${[...written].join('')}\n`);
  }
  print(`Saved ${printable(out)}; write more with: ${io.program ?? 'unrolled'} generate ${quoted(out)}`);
  return 0;
}

async function start(text: string, options: TrainOptions): Promise<Run> {
  const settings: Settings = { ...DEFAULTS, ...given(options) };
  const kernels = await loadKernels(options.kernels ?? 'auto', options.revectorize);
  return { session: new Session(text, settings, kernels), steps: options.steps ?? DEFAULT_STEPS, kernels };
}

async function resumed(
  path: string,
  text: string,
  options: TrainOptions,
  print: (line: string) => void,
): Promise<Run> {
  const bytes = readBytes(path);
  const file = readCharacterModel(bytes, path);
  const { training } = file;
  if (!training) throw new CliError(`${printable(path)}: a model without the state of its training`);
  checkSame(given(options), training.settings, path);
  const steps = options.steps ?? training.steps;
  if (training.step >= steps) {
    const made = plural(training.step, 'step');
    throw new CliError(`${printable(path)} has made ${made} already: give --steps, the total, above that`);
  }
  const kernels = await loadKernels(options.kernels ?? 'auto', options.revectorize);
  const same =
    kernels === training.kernels || options.kernels
      ? kernels
      : await trainedOn(training.kernels, options.revectorize);
  if (same !== training.kernels) {
    print(`Trained on ${training.kernels} kernels so far, on ${same} from here: close, but not bit for bit`);
  }
  return { session: load(path, text, file, bytes, same), steps, kernels: same };
}

/** The kernels of a run where the engine has them, else those it has. */
async function trainedOn(kernels: KernelBuild, revectorize?: boolean): Promise<KernelBuild> {
  return loadKernels(kernels === 'simd' ? 'simd' : 'auto', revectorize);
}

function load(path: string, text: string, file: CharacterModel, bytes: Uint8Array, kernels: KernelBuild) {
  try {
    return Session.resume(text, file, bytes, kernels);
  } catch (error) {
    if (!(error instanceof CliError || error instanceof FormatError)) throw error;
    throw new CliError(`${printable(path)}: ${error.message}`, 1, { cause: error });
  }
}

/** Settings that were given. */
function given(options: TrainOptions): Partial<Settings> {
  return Object.fromEntries(
    Object.keys(DEFAULTS).flatMap((key) => {
      const value = options[key as keyof Settings];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function checkSame(options: Partial<Settings>, settings: Settings, path: string): void {
  for (const [key, value] of Object.entries(options)) {
    const saved = settings[key as keyof Settings];
    if (saved === value) continue;
    throw new CliError(
      `${optionName(key)} ${value} contradicts ${printable(path)}, which was trained with ${saved}: leave it out`,
    );
  }
}

function describe(file: string, { session, steps, kernels }: Run): string[] {
  const { settings, vocabulary, model, step } = session;
  const { cell, hidden, layers, embed, dropout, seqLen, batch, lr } = settings;
  const from = step > 0 ? `steps ${count(step + 1)} to ${count(steps)}` : plural(steps, 'step');
  return [
    `Text    ${printable(basename(file))}: ${plural(session.characters, 'character')}, ${count(vocabulary.size)} different`,
    `Model   ${cell.toUpperCase()}, ${plural(layers, 'layer')} of ${plural(hidden, 'unit')}, embedding ${embed}` +
      `${dropout > 0 ? `, dropout ${dropout}` : ''}: ${plural(model.parameterCount, 'parameter')}`,
    `Memory  ${size(session.plan.bytes)} for training; ${kernels} kernels`,
    `Train   ${from} of ${batch} x ${seqLen} characters, learning rate ${lr}`,
  ];
}

/**
 * Updates until `steps` are made or a signal came. With `every`, how the gradient flowed when that was last looked at:
 * after every so many updates, and after the last.
 */
async function updates(
  { session, steps }: Run,
  every: number | undefined,
  progress: Progress,
  interrupt: Interrupt,
): Promise<Flow | undefined> {
  let flow: Flow | undefined;
  try {
    while (session.step < steps && !interrupt.asked) {
      session.advance();
      const { step } = session;
      if (every !== undefined && (step % every === 0 || step === steps)) flow = session.flow();
      progress.update(session.step, session.losses.recent, flow && worst(flow));
      // lets signals and the progress bar's timer in
      await setImmediate();
    }
  } finally {
    progress.stop();
  }
  return flow;
}
