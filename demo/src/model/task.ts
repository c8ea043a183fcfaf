import { Generator, type Given } from 'unrolled';
import type { Port } from '../../../dist/modelFiles/opened.js';

/** T and B of a batch. */
const STEPS = 32;
const BATCH = 8;
/** Batches of made-up data, one after the other and again. */
const BATCHES = 8;
/** Steps that a made-up target is a mean of. */
const MEAN = 4;

export interface Task {
  batch(): { readonly x: Record<string, Given>; readonly y: Record<string, Given> };
}

/** The sizes of a time-major port, with T and B of a batch. */
const sizesOf = ({ dims }: Port) =>
  dims.map((size) => (size === 'T' ? STEPS : size === 'B' ? BATCH : Number(size)));
const lengthOf = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
const hasSteps = ({ dims }: Port) => dims[0] === 'T';
const width = (port: Port) => (port.type === 'int32' ? 1 : Number(port.dims.at(-1)));

/** How the outputs of a model are bounded, which targets have to be, too. */
export type Bound = 'free' | 'unit' | 'sums to one';

/** Waves or indices in; out, means of the last steps of them, or which of them it was. */
export class MadeUp implements Task {
  readonly #generator = new Generator(7);
  readonly #inputs: readonly Port[];
  readonly #outputs: readonly Port[];
  readonly #bounds: readonly Bound[];
  readonly #made: ReturnType<Task['batch']>[] = [];
  #next = 0;

  constructor(inputs: readonly Port[], outputs: readonly Port[], bounds: readonly Bound[]) {
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#bounds = bounds;
  }

  batch() {
    return (this.#made[this.#next++ % BATCHES] ??= this.#make());
  }

  #make() {
    const x = Object.fromEntries(this.#inputs.map((port) => [port.name, this.#input(port)]));
    const first = this.#inputs[0]!;
    const read = x[first.name] as { data: Float32Array | Int32Array; shape: number[] };
    const y = Object.fromEntries(
      this.#outputs.map((port, i) => [port.name, target(port, this.#bounds[i]!, first, read)]),
    );
    return { x, y };
  }

  #input(port: Port): Given {
    const shape = sizesOf(port);
    const length = lengthOf(shape);
    if (port.type === 'int32') {
      const below = port.below ?? 1;
      return {
        data: Int32Array.from({ length }, () => Math.floor(this.#generator.uniform() * below)),
        shape,
      };
    }
    const size = width(port);
    const waves = Array.from({ length: BATCH * size }, () => [
      0.1 + 0.5 * this.#generator.uniform(),
      6.3 * this.#generator.uniform(),
    ]);
    const data = Float32Array.from({ length }, (_, i) => {
      const [speed, phase] = waves[i % waves.length]!;
      return 0.5 * Math.sin(speed! * Math.floor(i / waves.length) + phase!);
    });
    return { data, shape };
  }
}

function target(
  port: Port,
  bound: Bound,
  from: Port,
  { data }: { readonly data: Float32Array | Int32Array },
): Given {
  const shape = sizesOf(port);
  const size = width(port);
  const out = new Float32Array(lengthOf(shape));
  const columns = width(from);
  const read = (t: number, b: number, k: number) => data[(t * BATCH + b) * columns + (k % columns)]!;
  for (let row = 0; row < out.length / size; row++) {
    const b = row % BATCH;
    const t = !hasSteps(from) ? 0 : hasSteps(port) ? Math.floor(row / BATCH) : STEPS - 1;
    const begin = Math.max(0, t - MEAN + 1);
    const mean = (k: number) => {
      let sum = 0;
      for (let s = begin; s <= t; s++) sum += read(s, b, k);
      return sum / (t - begin + 1);
    };
    // which it was: of indices the index, of waves the part of the range
    const which = from.type === 'int32' ? read(t, b, 0) % size : Math.floor((mean(0) + 0.5) * (size - 1e-3));
    for (let k = 0; k < size; k++) {
      const value = from.type === 'int32' ? Number(k === which) : mean(k);
      out[row * size + k] =
        bound === 'sums to one' ? Number(k === which) : bound === 'unit' ? value / 2 + 0.5 : value;
    }
  }
  return { data: out, shape };
}

/** Rows of a table: what the model reads in the first columns, what it is to give in the last ones, or in the row after. */
export class Table implements Task {
  readonly #generator = new Generator(7);
  readonly #rows: readonly (readonly number[])[];
  readonly #input: Port;
  readonly #output: Port;

  /** @throws {Error} in words, where it does not fit the model */
  constructor(csv: string, input: Port, output: Port) {
    if (input.type === 'int32')
      throw new Error(
        'the model reads indices of words or characters, which a table of numbers does not have',
      );
    const rows = numbersOf(csv);
    const [columns, reads, gives] = [rows[0]!.length, width(input), width(output)];
    if (columns < Math.max(reads, gives))
      throw new Error(`the model reads ${reads} columns and gives ${gives}, and the table has ${columns}`);
    if (rows.length < STEPS + 2) throw new Error(`${rows.length} rows, and ${STEPS + 2} are needed`);
    this.#rows = rows;
    this.#input = input;
    this.#output = output;
  }

  batch() {
    const [input, output] = [this.#input, this.#output];
    const [reads, gives] = [width(input), width(output)];
    const x = new Float32Array(lengthOf(sizesOf(input)));
    const y = new Float32Array(lengthOf(sizesOf(output)));
    const isSame = this.#rows[0]!.length >= reads + gives;
    for (let b = 0; b < BATCH; b++) {
      const from = Math.floor(this.#generator.uniform() * (this.#rows.length - STEPS - 1));
      for (let t = 0; t < STEPS; t++) {
        const row = this.#rows[from + t]!;
        const wanted = isSame ? row.slice(-gives) : this.#rows[from + t + 1]!.slice(0, gives);
        if (hasSteps(input)) x.set(row.slice(0, reads), (t * BATCH + b) * reads);
        else if (t === STEPS - 1) x.set(row.slice(0, reads), b * reads);
        if (hasSteps(output)) y.set(wanted, (t * BATCH + b) * gives);
        else if (t === STEPS - 1) y.set(wanted, b * gives);
      }
    }
    return {
      x: { [input.name]: { data: x, shape: sizesOf(input) } },
      y: { [output.name]: { data: y, shape: sizesOf(output) } },
    };
  }
}

/** The lines of numbers; a first line of names is left out. @throws {Error} a line that is none, by its number */
function numbersOf(csv: string): number[][] {
  const lines = csv.trim().split(/\r?\n/);
  const separator = lines.at(-1)!.includes(';') ? ';' : ',';
  const rows = lines.map((line) =>
    line.split(separator).map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell))),
  );
  const isNumeric = (row: readonly number[]) => row.every(Number.isFinite);
  const from = isNumeric(rows[0]!) ? 0 : 1;
  const wanted = rows[from]?.length ?? 0;
  for (const [i, row] of rows.entries()) {
    if (i < from) continue;
    if (!isNumeric(row)) throw new Error(`line ${i + 1} is not numbers: ${lines[i]!.slice(0, 60)}`);
    if (row.length !== wanted)
      throw new Error(`line ${i + 1} has ${row.length} columns, line ${from + 1} has ${wanted}`);
  }
  return rows.slice(from);
}
