import { deserialize, serialize } from 'node:v8';
import { FormatError } from '../errors.ts';
import type { KernelBuild } from '../wasm/runtime.ts';
import type { DescribedOptions } from '../worker/exposed.ts';

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

/** A value as bytes: V8's format, which has been the same from Node 20 to 26. */
export function pack(value: unknown): Buffer {
  return serialize(value);
}

/** @throws {FormatError} if they are no such bytes */
export function unpack<T>(bytes: Uint8Array): T {
  try {
    return deserialize(bytes) as T;
  } catch (cause) {
    throw new FormatError('a value in Redis is not one that this version of unrolled wrote', { cause });
  }
}
