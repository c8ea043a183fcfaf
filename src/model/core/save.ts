import { reading } from '../../check.ts';
import { type Layer, MAX_LAYERS } from '../../engine/layer.ts';
import { type Network, UNINITIALIZED } from '../../engine/network.ts';
import { ArgumentError, FormatError, ShapeError, showShape } from '../../errors.ts';
import type { Tensor } from '../../io/dtype.ts';
import { parseJsonHeader } from '../../io/jsonHeader.ts';
import { readTensors, type SafetensorsFile } from '../../io/parse.ts';
import { compareCodePoints, writeTensors } from '../../io/write.ts';
import type { Region } from '../../memory/layout.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { settledList } from '../../settled.ts';
import type { LayerConfig, MakeLayer } from './layerFactory.ts';
import { upgrade, VERSION } from './versions.ts';

/** Key of the metadata that tells how to make the model again, as JSON. */
export const KEY = 'unrolled';

/** What of a model is saved. */
interface Saved {
  readonly layers: readonly Layer[];
  readonly network: Network;
  /** Of a graph: how its layers are connected, as JSON. */
  structure?(): object;
}

/** What of a training is saved. */
interface Training {
  readonly optimizer: Optimizer;
  kept(): (readonly [string, Region])[];
  progress(): Progress;
  resume(progress: Progress): () => void;
  readonly files?: Files | undefined;
  /** The states carried from step to step, if there are any. */
  savedStates?(): SavedStates | undefined;
  /** Reads the states of a file: `batch` rows, or undefined for none. Left out where states are not carried. */
  readStates?(batch: unknown, take: TakeTensor): StatesInFile;
}

/** What a checkpoint tells of a training besides the optimizer's state. */
export interface Progress {
  /** Updates left out since their numbers were not finite, if there were any. */
  readonly skipped?: number | undefined;
}

/** States of `batch` rows. */
export interface SavedStates {
  readonly batch: number;
  readonly states: readonly Named[1][];
}

/** Checked states of a file: the memory for them is reserved before anything is written. */
export interface StatesInFile {
  reserve(): void;
  write(): void;
}

/** A tensor of a file. @throws {FormatError} if there is none of this shape */
export type TakeTensor = (name: string, shape: readonly number[]) => Float32Array;

interface Description extends Progress {
  readonly version: number;
  readonly layers: readonly LayerConfig[];
  readonly generator: readonly number[];
  /** How the layers of a graph are connected. */
  readonly graph?: unknown;
  readonly optimizer?: unknown;
  /** Batch of the carried states. */
  readonly carried?: number | undefined;
}

/** What the whole package can read besides: other element types, and a LastStep of version 1. */
export interface Files {
  parse(bytes: Uint8Array | ArrayBuffer): SafetensorsFile;
  convert(tensor: Tensor): Tensor;
  fromVersion1(layers: readonly LayerConfig[]): readonly LayerConfig[];
}

type Named = [string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }];

export function writeModel(
  model: Saved,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  return write(describe(model), parameters(model.network), metadata);
}

export function readModel<M extends Saved>(
  bytes: Uint8Array | ArrayBuffer,
  makeLayer: MakeLayer,
  make: (layers: Layer[], opts: object, graph: unknown) => M,
  files?: Files,
  isGraph = false,
): M {
  const { tensors, description } = read(bytes, files);
  if (isGraph === (description.graph === undefined))
    throw new FormatError(`saved model: use ${isGraph ? 'Sequential' : 'Model'}.load`);
  let left = tensors.size;
  const layers = description.layers.map((description) => {
    const layer = makeLayer(description, Math.max(left, 1));
    left -= layer.parameters.length;
    return layer;
  });
  checkSizes(layers, tensors);
  const model = asFormat(() => make(layers, UNINITIALIZED, description.graph));
  const { network } = model;
  try {
    noneExtra(tensors, (name) => {
      const training = description.optimizer && /^(optimizer|carried)\./.test(name);
      return network.tensors.has(name) || training;
    });
    const values = expected(tensors, network.tensors);
    asFormat(() => {
      network.generator.state = description.generator;
    });
    network.writeAll(values);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return model;
}

export function writeCheckpoint(
  model: Saved,
  trainer: Training,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { network } = model;
  const { optimizer } = trainer;
  const carried = trainer.savedStates?.();
  const named: Named[] = [...parameters(network)];
  for (const [name, region] of kept(network, trainer))
    named.push([name, { shape: region.shape, data: network.arena.read(region) }]);
  for (const [i, state] of carried?.states.entries() ?? []) named.push([`carried.${i}`, state]);
  const description: Description = {
    ...describe(model),
    optimizer: optimizer.state(),
    ...(carried ? { carried: carried.batch } : {}),
    ...trainer.progress(),
  };
  return write(description, named, metadata);
}

/** Reads all of the file before anything of the model changes. */
export function readCheckpoint(bytes: Uint8Array | ArrayBuffer, model: Saved, trainer: Training): void {
  const { tensors, description } = read(bytes, trainer.files);
  const { network } = model;
  const ours = JSON.parse(JSON.stringify(describe(model)));
  if (!same(description.layers, ours.layers) || !same(description.graph, ours.graph)) {
    throw new FormatError('checkpoint: its layers do not match the model');
  }
  if (!description.optimizer) throw new FormatError('checkpoint: the file has no training state');
  const { optimizer } = trainer;
  const regions = new Map([...network.tensors, ...kept(network, trainer)]);
  const values = expected(tensors, regions);
  const names = new Set(regions.keys());
  const states = trainer.readStates?.(description.carried, (name, shape) => {
    names.add(name);
    return take(tensors, name, shape);
  });
  noneExtra(tensors, (name) => names.has(name) || (!states && name.startsWith('carried.')));
  const resume = trainer.resume(description);
  // memory that is refused is refused before anything changes
  states?.reserve();
  const before = { optimizer: optimizer.state(), generator: network.generator.state };
  asFormat(() => {
    try {
      optimizer.restore(description.optimizer);
      network.generator.state = description.generator;
    } catch (error) {
      optimizer.restore(before.optimizer);
      network.generator.state = before.generator;
      throw error;
    }
  });
  resume();
  states?.write();
  network.writeAll(values);
}

function describe(model: Saved): Description {
  const { layers, network } = model;
  const graph = model.structure?.();
  const configs = layers.map((layer) => ({ type: layer.type, ...layer.config(layers) }));
  return {
    version: VERSION,
    layers: configs,
    generator: network.generator.state,
    ...(graph ? { graph } : {}),
  };
}

/** Where the state of an optimizer lies, by name in checkpoints. */
function kept(network: Network, trainer: Training): [string, Region][] {
  return trainer
    .kept()
    .flatMap(([slot, block]) =>
      [...network.parameters].map(([name, region]): [string, Region] => [
        `optimizer.${slot}.${name}`,
        network.partOf(block, region),
      ]),
    );
}

function parameters(network: Network): Named[] {
  return Object.entries(network.stateDict());
}

function write(
  description: Description,
  named: readonly Named[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const pieces = named.map(([name, { shape, data }]) => {
    return { name, dtype: 'F32', shape, data: new Uint8Array(data.buffer) } as const;
  });
  pieces.sort((a, b) => compareCodePoints(a.name, b.name));
  return writeTensors(pieces, metadata, [KEY, JSON.stringify(description)]);
}

function read(
  bytes: Uint8Array | ArrayBuffer,
  files?: Files,
): { tensors: Map<string, Tensor>; description: Description } {
  const own = reading('bytes', bytes, () => settledList(bytes));
  const { tensors, metadata } = files
    ? files.parse(own)
    : readTensors(own, parseJsonHeader, { F32: Float32Array });
  const text = metadata[KEY];
  if (typeof text !== 'string') throw new FormatError(`not a model: its metadata has no ${KEY}`);
  let description: unknown;
  try {
    description = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`saved model: ${(error as Error).message}`);
  }
  const given = (description ?? {}) as Partial<Description>;
  const layers = Array.isArray(given.layers) ? given.layers : [];
  const upgraded = upgrade(given.version, layers, files?.fromVersion1);
  if (!Array.isArray(given.layers)) throw new FormatError('saved model: no list of layers');
  if (layers.length > MAX_LAYERS)
    throw new FormatError(`saved model: ${layers.length} layers, more than ${MAX_LAYERS}`);
  if (files) for (const [name, tensor] of tensors) tensors.set(name, files.convert(tensor));
  return { tensors, description: { ...given, layers: upgraded } as Description };
}

/** Whether a value from a file equals one of ours; it is looked into no deeper than ours goes. */
function same(given: unknown, ours: unknown): boolean {
  if (typeof ours !== 'object' || ours === null) return given === ours;
  if (typeof given !== 'object' || given === null || Array.isArray(given) !== Array.isArray(ours))
    return false;
  const keys = Object.keys(ours);
  const equal = (key: string) =>
    Object.hasOwn(given, key) && same(given[key as keyof object], ours[key as keyof object]);
  return Object.keys(given).length === keys.length && keys.every(equal);
}

/** A file that claims sizes it has no numbers for must not make a model of those sizes. */
function checkSizes(layers: readonly Layer[], tensors: Map<string, Tensor>): void {
  for (const [i, layer] of layers.entries()) {
    for (const { name, shape } of layer.parameters) take(tensors, `${layer.name ?? i}.${name}`, shape);
  }
}

function noneExtra(tensors: Map<string, Tensor>, known: (name: string) => unknown): void {
  const extra = [...tensors.keys()].find((name) => !known(name));
  if (extra !== undefined) throw new FormatError(`saved model: extra tensor ${extra}`);
}

function expected(
  tensors: Map<string, Tensor>,
  regions: ReadonlyMap<string, Region>,
): [Region, Float32Array][] {
  return [...regions].map(([name, region]) => [region, take(tensors, name, region.shape)]);
}

/** The numbers of a tensor of a file. @throws {FormatError} if there is none of this shape and type */
export function take(
  tensors: Map<string, Tensor>,
  name: string,
  shape: readonly number[],
  dtype = 'F32',
): Float32Array {
  const tensor = tensors.get(name);
  const wanted = `${dtype} ${showShape(shape)}`;
  const got = tensor ? `${tensor.dtype} ${showShape(tensor.shape)}` : 'no such tensor';
  if (got !== wanted) throw new FormatError(`saved model: ${name}: expected ${wanted}, got ${got}`);
  return tensor!.data as Float32Array;
}

/** What a file makes go wrong is the file's fault. */
function asFormat<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof ArgumentError || error instanceof ShapeError)) throw error;
    throw new FormatError(`saved model: ${error.message}`, { cause: error });
  }
}
