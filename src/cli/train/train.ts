import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Flow, UnrolledError } from '../../index.ts';
import { CliError, printable } from '../failure.ts';
import { readPrompt, readText, STDIN, sameFile, shown } from '../files.ts';
import { columnsOf, type Io, print } from '../io.ts';
import { count, duration, plural, quoted, size, wrapped } from '../show.ts';
import { styled } from '../style.ts';
import { readRecords } from '../table/records.ts';
import { savedColumns } from '../table/tableModel.ts';
import { TableSubject } from '../table/tableSubject.ts';
import { passage, writePassage } from '../text/passage.ts';
import { TextSubject } from '../text/textSubject.ts';
import { wrapWords } from '../text/wrapWords.ts';
import { checkWritable } from '../writeFile.ts';
import { lossCurve } from './curve.ts';
import { flowLines, remark } from './flow.ts';
import { Interrupt } from './interrupt.ts';
import { checkKind, kindOf, looksLikeTable } from './kind.ts';
import { RECENT } from './losses.ts';
import { type Run, readSaved, resumed, type Saved, start, type TrainOptions } from './prepare.ts';
import { Progress } from './progress.ts';
import { bestPath, SaveFile } from './saveFile.ts';
import { Saver } from './saver.ts';
import { DEFAULT_SAVE_EVERY } from './settings.ts';
import { UNITS } from './subject.ts';
import { named } from './training.ts';
import { VALIDATE_EVERY, Validation } from './validation.ts';

const DEFAULT_OUT = 'model.safetensors';
/** Characters of a sample while it trains. */
const SAMPLE_LENGTH = 160;
/** Width of the labels of the summary, in columns. */
const LABEL = 8;

/** `unrolled train`: returns the exit code, 130 after a signal. */
export async function train(file: string, options: TrainOptions, io: Io): Promise<number> {
  const resume = options.resume === true ? (options.out ?? DEFAULT_OUT) : options.resume;
  const out = options.out ?? resume ?? DEFAULT_OUT;
  // before the data, whose kind and columns it knows
  const before = resume === undefined ? undefined : readSaved(resume);
  const { subject, validationText, prompt } = await readAll(file, options, before, io);
  const outputs = options.val === undefined ? [out] : [out, bestPath(out)];
  for (const path of outputs) checkOutput(path, [file, options.val]);

  let warn = (line: string): void => void io.stderr.write(`${line}\n`);
  const [last, best] = outputs.map((path) => new SaveFile(path, (line) => warn(line)));
  const run =
    before === undefined ? await start(subject, options) : await resumed(before, subject, options, warn);
  const { session, steps } = run;
  const { settings } = session;
  const from = session.step;
  const validation =
    validationText === undefined
      ? undefined
      : named(options.val!, () => new Validation(session, validationText));
  checkWritable(out, session.save(steps));
  if (out !== resume && existsSync(out)) warn(`${printable(out)} exists and will be replaced`);
  const say = (line: string) => print(io.stdout, `${line}\n`);
  const columns = columnsOf(io.stdout);
  for (const line of describe(file, run, columns)) await say(line);

  const began = performance.now();
  let stop = () => {};
  // before anything shows that it runs: a signal may come at once
  using interrupt = new Interrupt(() => stop());
  const progress = new Progress(io.stderr, from, steps, settings.batch * settings.seqLen);
  stop = () => progress.stop();
  warn = (line) => progress.note(line);
  const every = options.saveEvery ?? DEFAULT_SAVE_EVERY;
  const saver = new Saver(session, { last: last!, best, every, steps, warn });
  const { length = 400, temperature = 0.7, sampleEvery = Infinity } = options;
  const sample = () => {
    if (!(subject instanceof TextSubject)) return;
    const from = { prompt, length: SAMPLE_LENGTH, temperature, seed: settings.seed };
    const text = [...passage(session.model, subject.vocabulary, from)].join('');
    progress.note(sampleLines(session.step, `${prompt}${text}`, columnsOf(io.stderr)));
  };
  const watch = { every: options.flow, sampleEvery, sample, validation, saver, progress, interrupt };
  const flow = await updates(run, watch);
  if (session.step === from) {
    await say(`Stopped before the first of ${plural(steps - from, 'step')}: nothing to save.`);
    return 130;
  }
  const saved = last!.path;
  if (session.step < steps) {
    await say(`Stopped after ${count(session.step)} of ${plural(steps, 'step')}.`);
    await say(`Saved ${printable(saved)}; continue with: ${again(file, saved, options, io)}`);
    return 130;
  }
  const unit = UNITS[subject.kind].loss;
  await say(`\nLoss by step, ${unit}\n${lossCurve(session.losses, columns)}\n`);
  if (flow) {
    const title = wrapped(`Gradient of a sequence's last loss after ${plural(steps, 'step')}`, columns);
    await say(`${[...title, ...flowLines(flow, columns)].join('\n')}\n`);
  }
  const summary =
    `Loss ${session.losses.recent.toFixed(3)} ${unit} (mean of the last ${Math.min(RECENT, session.step)} steps), ` +
    `trained in ${duration((performance.now() - began) / 1000)}`;
  await say(wrapped(summary, columns).join('\n'));
  if (best && session.best) {
    const { loss, step } = session.best;
    await say(
      `Lowest validation loss ${loss.toFixed(3)}, after ${plural(step, 'step')}: ${printable(best.path)}`,
    );
  }
  const next = (...commands: string[]) => {
    const lines = commands.map((command) =>
      styled(io.stdout, 'cyan', `${io.program ?? 'unrolled'} ${command}`),
    );
    return say(`Saved ${printable(saved)}. Next:\n  ${lines.join('\n  ')}`);
  };
  if (subject instanceof TableSubject) {
    await say(`Repeating the row before has a loss of ${subject.repeating.toFixed(3)}`);
    await next(`forecast ${quoted(saved)} ${quoted(file)}`);
    return interrupt.asked ? 130 : 0;
  }
  if (length > 0) {
    await say(`\nA passage the model wrote (temperature ${temperature})\n`);
    const { seed } = settings;
    const characters = passage(session.model, subject.vocabulary, { prompt, length, temperature, seed });
    if (!io.stdout.isTTY) await print(io.stdout, prompt);
    const shown = io.stdout.isTTY ? wrapWords(chained(prompt, characters), columns) : characters;
    await writePassage(io.stdout, shown, () => interrupt.asked);
    await say('\n');
  }
  await next(`chat ${quoted(saved)}`, `serve ${quoted(saved)}`);
  return interrupt.asked ? 130 : 0;
}

function* chained(prompt: string, characters: Iterable<string>): Generator<string> {
  yield* prompt;
  yield* characters;
}

/**
 * Reads the inputs of a run. @throws {CliError} if a text is empty or not text, or standard input is used more than
 * once
 */
async function readAll(file: string, options: TrainOptions, saved: Saved | undefined, io: Io) {
  const { val, prompt } = options;
  if ([file, val, prompt].filter((path) => path === STDIN).length > 1) {
    throw new CliError('only one of FILE, --val and --prompt can be standard input', 2);
  }
  const text = await readText(file, io);
  if (text === '') throw new CliError(`${shown(file)}: the text is empty`);
  const kind = kindOf(file, options, saved?.file.training.kind);
  checkKind(kind, options);
  const subject = kind === 'table' ? named(file, () => tableOf(text, options, saved)) : new TextSubject(text);
  if (kind === 'text' && options.as === undefined && looksLikeTable(text))
    io.stderr.write(`${shown(file)} looks like a table and is learned as text; --as table learns its rows\n`);
  const validationText = val === undefined ? undefined : await readText(val, io);
  const read = await readPrompt(prompt, io);
  // checked now rather than at the end
  if (subject instanceof TextSubject) subject.vocabulary.encode(read);
  return { subject, validationText, prompt: read };
}

/** Columns are named as in a line of CSV: one with a comma in quotes. A resumed run has those of its file. */
function tableOf(text: string, { columns, missing }: TrainOptions, saved: Saved | undefined): TableSubject {
  const given = columns === undefined ? undefined : readRecords(columns, ',').fields;
  const own = saved && savedColumns(saved.bytes, saved.path);
  return new TableSubject(text, { columns: given ?? own, missing });
}

function checkOutput(path: string, texts: readonly (string | undefined)[]): void {
  if (path === STDIN) throw new CliError('--out: a model can not be written to standard output', 2);
  if (texts.some((text) => text !== undefined && sameFile(text, path))) {
    throw new CliError(`--out ${printable(path)} would overwrite the text`);
  }
  checkWritable(path);
}

/** The command that resumes the run. */
function again(file: string, saved: string, { as, val, columns, missing }: TrainOptions, io: Io): string {
  const train = io.trainAgain ?? `${io.program ?? 'unrolled'} train ${quoted(file)}`;
  const rest = [`--resume${saved === DEFAULT_OUT ? '' : ` ${quoted(saved)}`}`];
  for (const [name, value] of Object.entries({ as, val, columns, missing }))
    if (value !== undefined) rest.push(`--${name} ${quoted(value)}`);
  return `${train} ${rest.join(' ')}`;
}

function describe(file: string, { session, steps, kernels }: Run, columns: number): string[] {
  const { settings, subject, model, step } = session;
  const { cell, hidden, layers, embed, dropout, seqLen, batch, lr } = settings;
  const { kind } = subject;
  const from = step > 0 ? `steps ${count(step + 1)} to ${count(steps)}` : plural(steps, 'step');
  const name = file === STDIN ? shown(file) : printable(basename(file));
  const rows = {
    [kind === 'text' ? 'Text' : 'Table']: `${name}: ${printable(subject.describe())}`,
    Model:
      `${cell.toUpperCase()}, ${plural(layers, 'layer')} of ${plural(hidden, 'unit')}` +
      `${kind === 'text' ? `, embedding ${embed}` : ''}` +
      `${dropout > 0 ? `, dropout ${dropout}` : ''}: ${plural(model.parameterCount, 'parameter')}`,
    Memory: `${size(session.plan.bytes)} for training; ${kernels} kernels`,
    Train: `${from} of ${batch} x ${seqLen} ${UNITS[kind].step}s, learning rate ${lr}`,
  };
  return Object.entries(rows).flatMap(([label, text]) => {
    const [first, ...rest] = wrapped(text, columns, LABEL);
    return [label.padEnd(LABEL) + first!.slice(LABEL), ...rest];
  });
}

/** A sample under its step, its line breaks as spaces. */
function sampleLines(step: number, text: string, columns: number): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return [`after ${plural(step, 'step')}:`, ...wrapped(line, columns, 2)].join('\n');
}

interface Watch {
  /** Updates between measurements of the gradient flow. */
  readonly every: number | undefined;
  /** Updates between samples. */
  readonly sampleEvery: number;
  /** Shows what the model writes now. */
  sample(): void;
  readonly validation: Validation | undefined;
  readonly saver: Saver;
  readonly progress: Progress;
  readonly interrupt: Interrupt;
}

/**
 * Makes updates until `steps` is reached or a signal is received, and saves. With `every`, the gradient flow is
 * measured every `every` updates and after the last; returns the last measurement.
 * @throws {CliError} if training diverges or the last save fails; the message tells what was saved
 */
async function updates(
  { session, steps }: Run,
  { every, sampleEvery, sample, validation, saver, progress, interrupt }: Watch,
): Promise<Flow | undefined> {
  const from = session.step;
  let flow: Flow | undefined;
  let told: string | undefined;
  try {
    while (session.step < steps && !interrupt.asked) {
      session.advance();
      const { step, losses } = session;
      if (every !== undefined && (step % every === 0 || step === steps)) {
        flow = session.flow();
        told = remark(flow, losses.areFalling);
      }
      if (validation && (step % VALIDATE_EVERY === 0 || step === steps)) {
        if (await validation.run(() => interrupt.asked)) saver.offerBest();
      }
      progress.update(step, losses.recent, validation?.loss, told);
      if (step % sampleEvery === 0 && step < steps) sample();
      saver.tick();
      // lets signals and the progress bar's timer run
      await setImmediate();
    }
    if (session.step > from) saver.finish();
  } catch (error) {
    const kept = saver.rescue();
    if (!(error instanceof CliError || error instanceof UnrolledError)) throw error;
    throw new CliError(`${error.message}; ${kept}`, 1, { cause: error });
  } finally {
    progress.stop();
  }
  return flow;
}
