import * as h5wasm from 'h5wasm';

/** A dataset or attribute that was written. */
export interface Written {
  readonly shape: readonly number[];
  readonly data: unknown;
}

/** A file that h5wasm, the HDF5 library compiled to WebAssembly, has written, and what is in it. */
export interface DrawnFile {
  readonly bytes: Uint8Array;
  readonly datasets: ReadonlyMap<string, Written>;
  /** By path and name. */
  readonly attributes: ReadonlyMap<string, Written>;
}

/** Arrays by h5wasm's name of their type. */
const TYPES = {
  '<f': Float32Array,
  '<d': Float64Array,
  '<b': Int8Array,
  '<B': Uint8Array,
  '<h': Int16Array,
  '<H': Uint16Array,
  '<i': Int32Array,
  '<I': Uint32Array,
  '<q': BigInt64Array,
  '<Q': BigUint64Array,
} as const;

/** The bytes of a file that `fill` makes. */
export async function written(libver: string, fill: (file: h5wasm.File) => void): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const name = `written-${libver}.h5`;
  const file = new h5wasm.File(name, 'w', { libver } as never);
  fill(file);
  file.close();
  const bytes = FS.readFile(name);
  FS.unlink(name);
  return bytes;
}

type Draw = (below: number) => number;

/** Draws a file: groups within groups, datasets of all types, shapes and layouts, attributes. */
export async function drawFile(seed: number, libver: string): Promise<DrawnFile> {
  const { FS } = await h5wasm.ready;
  let state = (seed + 1) * 0x9e3779b1;
  const draw: Draw = (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return ((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below) | 0;
  };
  const datasets = new Map<string, Written>();
  const attributes = new Map<string, Written>();
  const name = `drawn-${libver}-${seed}.h5`;
  const file = new h5wasm.File(name, 'w', {
    ...(libver === 'default' ? {} : { libver }),
    track_order: draw(2) === 1,
  } as never);
  const fill = (group: h5wasm.Group, path: string, depth: number) => {
    for (let i = 0, count = draw(depth ? 5 : 14); i < count; i++) {
      const child = `${'abc'[draw(3)]}-${i}`.repeat(1 + draw(3));
      const whole = path ? `${path}/${child}` : child;
      if (depth < 3 && draw(3) === 0) fill(group.create_group(child, draw(2) === 1)!, whole, depth + 1);
      else datasets.set(whole, drawDataset(group, child, draw));
    }
    for (let i = 0, count = draw(12); i < count; i++) {
      const value = drawValue(draw, draw(2));
      group.create_attribute(`note${i}`, value.data as never, [...value.shape], value.dtype as never);
      attributes.set(`${path}@note${i}`, value);
    }
  };
  fill(file, '', 0);
  file.close();
  const bytes = FS.readFile(name);
  FS.unlink(name);
  return { bytes, datasets, attributes };
}

function drawDataset(group: h5wasm.Group, name: string, draw: Draw): Written {
  const rank = draw(4);
  const value = drawValue(draw, rank);
  const { shape, data, dtype } = value;
  const isText = Array.isArray(data);
  const canChunk = rank > 0 && !isText && !shape.includes(0) && draw(2) === 0;
  const chunks = canChunk ? shape.map((size) => 1 + draw(size)) : undefined;
  const compression = chunks && draw(2) === 0 ? { compression: 'gzip', compression_opts: 1 + draw(9) } : {};
  group.create_dataset({
    name,
    data,
    shape: [...shape],
    dtype,
    ...(chunks ? { chunks } : {}),
    ...compression,
  } as never);
  return value;
}

function drawValue(draw: Draw, rank: number): Written & { readonly dtype: string } {
  const shape = Array.from({ length: rank }, () => 1 + draw(rank > 2 ? 6 : 30));
  const count = shape.reduce((a, b) => a * b, 1);
  if (draw(5) === 0) {
    const data = Array.from({ length: count }, () => 'naïve text'.slice(0, 1 + draw(10)));
    return { shape, data, dtype: draw(2) ? 'S' : 'S14' };
  }
  const names = Object.keys(TYPES) as (keyof typeof TYPES)[];
  const dtype = names[draw(names.length)]!;
  const Elements = TYPES[dtype];
  const isBig = /q/i.test(dtype);
  const element = () => (isBig ? BigInt(draw(1e9)) : draw(2 ** 31) / (/[fd]/.test(dtype) ? 1e5 : 1e7));
  return { shape, data: new Elements(Array.from({ length: count }, element) as never), dtype };
}
