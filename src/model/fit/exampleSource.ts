import { floats, integers } from '../../allocate.ts';
import { isIndex } from '../../check.ts';
import { grouped } from '../../data/batches.ts';
import { checkExample } from '../../data/checkExample.ts';
import { type Padded, padNamed, type SequenceLike } from '../../data/pad.ts';
import { ArgumentError, reading, ShapeError, show, showShape } from '../../errors.ts';
import { mayBeNumbers, type NDArray, type Numbers } from '../../ndarray.ts';
import { checkRecord, pick } from '../graph/named.ts';
import { type Cut, epochSeed } from './arraySource.ts';
import type { ExampleValue, FitExample } from './fitExample.ts';
import type { Port, Ports } from './ports.ts';
import { Source } from './source.ts';
import type { Batch } from './types.ts';

/** An example and its name in errors. */
interface Labelled {
  readonly label: string;
  readonly example: FitExample;
}

/** A list of examples of different lengths, cut in padded batches of similar lengths. */
export class ExampleSource extends Source {
  readonly batches: number;
  readonly #examples: Labelled[] = [];
  readonly #cut: Cut;
  readonly #ports: Ports;
  #groups: readonly (readonly Labelled[])[] = [];
  #at = 0;

  /** @throws {ArgumentError} if there are no examples, or one is not an example */
  constructor(ports: Ports, examples: readonly FitExample[], cut: Cut, argument: string) {
    super();
    if (examples.length === 0) throw new ArgumentError(argument, 'at least one example', examples);
    if (cut.isWhole)
      throw new ArgumentError(argument, 'arrays or batches with carryState, which cuts no padding', examples);
    for (const [i, example] of examples.entries()) {
      const label = `${argument}[${i}]`;
      checkExample(label, example);
      checkRecord(`${label}.x`, example.x, ports.inputs, ports.single.input);
      checkRecord(`${label}.y`, example.y, ports.outputs, ports.single.output);
      this.#examples.push({ label, example });
    }
    this.#cut = cut;
    this.#ports = ports;
    this.batches = Math.ceil(examples.length / cut.batchSize);
  }

  start(epoch: number, at: number): void {
    const { batchSize: batch, seed } = this.#cut;
    const { inputs, single } = this.#ports;
    const sequences = inputs.filter(({ isVector }) => !isVector);
    const steps = (example: Labelled) =>
      sequences.reduce((sum, port) => sum + partOf(port, example, 'x', single.input).shape[0]!, 0);
    const own = seed === undefined ? undefined : epochSeed(seed, epoch);
    this.#groups = grouped(this.#examples, { batch, seed: own, bucket: own !== undefined }, steps);
    this.#at = at;
  }

  next(): Batch | undefined {
    const group = this.#groups[this.#at];
    if (!group) return undefined;
    this.#at++;
    return collate(this.#ports, group);
  }
}

function collate(ports: Ports, group: readonly Labelled[]): Batch {
  const { inputs, outputs, single } = ports;
  // steps of each example by time axis
  const steps: number[][] = [];
  const limited: Record<string, Int32Array> = {};
  const read = (port: Port): NDArray<Numbers> => {
    const values = group.map((example) => partOf(port, example, 'x', single.input));
    if (port.isVector) return vector(port, values);
    const { x, lengths } = padded(port, values);
    const known = steps[port.axis];
    const other = known ? known.findIndex((n, b) => n !== lengths[b]) : -1;
    if (other >= 0)
      throw new ShapeError(
        values[other]!.label,
        `${known![other]} steps, as other inputs on its time axis`,
        `${lengths[other]}`,
      );
    if (!known && lengths.some((n) => n !== x.shape[0])) limited[port.name] = lengths;
    steps[port.axis] = [...lengths];
    return x;
  };
  const x = inputs.map((port) => [port.name, read(port)] as const);
  const y = outputs.map((port) => {
    const values = group.map((example) => partOf(port, example, 'y', single.output));
    if (port.isVector) return [port.name, vector(port, values)] as const;
    const { x: data, lengths } = padded(port, values);
    if (port.isLabels) return [port.name, { ...data, lengths }] as const;
    for (const [b, n] of lengths.entries()) {
      const wanted = port.steps(steps.map((lengths) => lengths[b]!));
      if (n !== wanted)
        throw new ShapeError(values[b]!.label, `${wanted} steps, as the output of its example`, `${n}`);
    }
    return [port.name, data] as const;
  });
  const lengths = single.input ? limited[inputs[0]!.name] : limited;
  return {
    x: single.input ? x[0]![1] : Object.fromEntries(x),
    y: single.output ? y[0]![1] : Object.fromEntries(y),
    ...(Object.keys(limited).length ? { lengths } : {}),
  };
}

/** A value as a sequence with a shape, and its name in errors. */
interface Part extends NDArray<Numbers> {
  readonly label: string;
}

function partOf({ name, kind, size, label: own }: Port, of: Labelled, key: 'x' | 'y', single: boolean): Part {
  const label = `${of.label}.${own}`;
  const value = pick(label, of.example[key], name, single) as ExampleValue;
  const list = typeof value === 'number' ? [value] : value;
  if (typeof list !== 'object' || list === null)
    throw new ArgumentError(label, 'a number or a sequence', value);
  const width = kind === 'indices' ? 1 : size;
  const { data = list as Numbers, shape = undefined } = 'shape' in list ? list : {};
  if (!mayBeNumbers(data)) throw new ArgumentError(label, 'a number or a sequence', value);
  const { length } = data;
  if (!Number.isInteger(length / width)) {
    throw new ShapeError(label, `a multiple of ${width} numbers`, `${length}`);
  }
  const found = kind === 'indices' ? [length] : [length / width, width];
  if (shape && `${shape}` !== `${found}`) throw new ShapeError(label, showShape(found), show(shape));
  return { label, data, shape: found };
}

function padded({ kind }: Port, parts: readonly Part[]): Padded {
  return padNamed(
    parts.map(({ label }) => label),
    parts.map((part): SequenceLike => (kind === 'indices' ? plain(part) : part)),
  );
}

/** Indices may be in an array of floats, which `pad` reads as features. */
function plain({ label, data }: Part): readonly number[] {
  return reading(label, data, () => Array.from(data));
}

/** [B] indices, or [B, size]. */
function vector({ kind, size }: Port, parts: readonly Part[]): NDArray<Numbers> {
  const isIndices = kind === 'indices';
  const width = isIndices ? 1 : size;
  const data = isIndices ? integers(parts.length) : floats(parts.length * size);
  for (const [b, { label, data: own }] of parts.entries()) {
    if (own.length !== width) throw new ShapeError(label, `${width} numbers`, `${own.length}`);
    for (let j = 0; j < width; j++) {
      const one = own[j];
      if (typeof one !== 'number' || (isIndices && !isIndex(one)))
        throw new ArgumentError(label, isIndices ? 'an index' : 'a number', one);
      data[b * width + j] = one;
    }
  }
  return { data, shape: isIndices ? [parts.length] : [parts.length, size] };
}
