import { readFixture } from '../fixtures/read.ts';
import type { CellSizes } from './parameters.ts';

/** ../fixtures/README.md describes the keys. */
export interface FixtureConfig extends CellSizes {
  kind: 'layer' | 'training';
  cell: string;
  steps: number;
  nonlinearity?: 'tanh' | 'relu';
  resetAfter?: boolean;
  peephole?: boolean;
  coupled?: boolean;
  clip?: number;
  layerNorm?: boolean;
  activation?: 'tanh' | 'softsign';
  recurrentActivation?: 'sigmoid' | 'hardsigmoid';
  initialState?: boolean;
  vocab: number;
  embed: number;
  updates: number;
  optimizer: { name: string } & Record<string, unknown>;
  clipNorm?: number;
  carryState?: boolean;
}

export interface FixtureTensor {
  dtype: string;
  shape: readonly number[];
  /** F32, F64 and I64 alike; I64 beyond 2⁵³ is rounded. */
  values: Float64Array;
}

export interface Fixture {
  config: FixtureConfig;
  tensors: Record<string, FixtureTensor>;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const widths: Record<string, number> = { F32: 4, F64: 8, I64: 8 };

/** A safetensors file: u64 header length, JSON header, little-endian data. */
export function parseFixture(bytes: Uint8Array): Fixture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const tensors: Record<string, FixtureTensor> = {};
  for (const [name, entry] of Object.entries<Entry>(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = entry;
    const width = widths[dtype];
    if (width === undefined) throw new Error(`${name}: dtype ${dtype} is not read here`);
    const length = shape.reduce((a, b) => a * b, 1);
    if (offsets[1] - offsets[0] !== length * width) throw new Error(`${name}: ${offsets} is not ${shape}`);
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const at = start + offsets[0] + i * width;
      if (dtype === 'F32') values[i] = view.getFloat32(at, true);
      else if (dtype === 'F64') values[i] = view.getFloat64(at, true);
      else values[i] = Number(view.getBigInt64(at, true));
    }
    tensors[name] = { dtype, shape, values };
  }
  return { config: JSON.parse(header.__metadata__.config), tensors };
}

/** `name` without its extension. */
export async function loadFixture(name: string): Promise<Fixture> {
  return parseFixture(await readFixture(name));
}

/** A tensor's values; an absent one is an error. */
export function values(fixture: Fixture, name: string): Float64Array {
  const tensor = fixture.tensors[name];
  if (!tensor) throw new Error(`the fixture has no ${name}`);
  return tensor.values;
}

/** The tensors whose names start with `prefix`, by the rest of their names, copied. */
export function group(fixture: Fixture, prefix: string): Record<string, Float64Array> {
  const found: Record<string, Float64Array> = {};
  for (const [name, tensor] of Object.entries(fixture.tensors)) {
    if (name.startsWith(prefix)) found[name.slice(prefix.length)] = tensor.values.slice();
  }
  return found;
}
