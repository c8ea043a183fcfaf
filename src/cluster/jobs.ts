import { deserialize, serialize } from 'node:v8';
import { ArgumentError, FormatError } from '../errors.ts';
import type { KernelBuild } from '../wasm/runtime.ts';
import type { DescribedOptions } from '../worker/exposed.ts';
import { isPlain } from '../worker/portable.ts';

/** What the workers of a session need to know, besides what a job tells. */
export interface Spec {
  readonly identity: string;
  readonly kernels: KernelBuild;
  /** The saved model. */
  readonly model: Uint8Array;
  readonly options: DescribedOptions;
  /** Local steps of a shard; 0: its gradients are wanted. */
  readonly every: number;
}

/** Data of a job: names of values, never values. */
export interface ShardJob {
  readonly session: string;
  readonly identity: string;
  /** Number of the step in its session. */
  readonly step: number;
  readonly shard: number;
}

/** Data of a job of a `Sweep`: names of values, never values. */
export interface SweepJobData {
  readonly name: string;
  /** Its run: also the id of the job in BullMQ. */
  readonly run: string;
  /** Hash of the packed data; undefined for a task. */
  readonly data: string | undefined;
  /** Hash of the packed `FitSpec` or `TaskSpec`. */
  readonly spec: string;
  readonly identity: string;
}

/** What a worker needs to know of a fit. */
export interface FitSpec {
  readonly identity: string;
  readonly kernels: KernelBuild;
  readonly model: Uint8Array;
  readonly options: DescribedOptions;
  readonly fit: object;
}

/** What a worker needs to know of a task. */
export interface TaskSpec {
  readonly identity: string;
  readonly kernels: KernelBuild;
  readonly task: string;
  readonly options: unknown;
}

/** What a fit or a task gave. */
export interface Outcome {
  /** Identity of a thread that is of another version: then nothing was done. */
  readonly refused?: string | undefined;
  /** What it is compared by with others. */
  readonly value: number;
  /** Anything else, as data. */
  readonly result: unknown;
  /** The saved model, if it is kept. */
  readonly model?: Uint8Array | undefined;
}

/** A value as bytes: V8's format, which has been the same from Node 20 to 26. */
export function pack(value: unknown): Buffer {
  return serialize(value);
}

/**
 * A value of a user as bytes.
 * @param argument its name; empty for options, which have names of their own
 * @throws {ArgumentError} unless it is data
 */
export function packed(argument: string, value: unknown): Buffer {
  try {
    return pack(value);
  } catch (cause) {
    const part = isPlain(value) && Object.keys(value).find((key) => !isPackable(value[key]));
    if (!part) throw new ArgumentError(argument, 'plain data', value, { cause });
    throw new ArgumentError(argument ? `${argument}.${part}` : part, 'plain data', value[part], { cause });
  }
}

function isPackable(value: unknown): boolean {
  try {
    pack(value);
    return true;
  } catch {
    return false;
  }
}

/** @throws {FormatError} if they are no such bytes */
export function unpack<T>(bytes: Uint8Array): T {
  return readable(() => deserialize(bytes) as T);
}

/** A value of JSON. @throws {FormatError} if it is none */
export function parsed<T>(text: string): T {
  return readable(() => JSON.parse(text) as T);
}

/** What is read of a value in Redis. @throws {FormatError} if it can't be read */
export function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** The error of a value in Redis that this package did not write. */
export function unreadable(cause?: unknown): FormatError {
  return new FormatError('a value in Redis is not one that this version of unrolled wrote', { cause });
}
