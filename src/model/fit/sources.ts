import { ArgumentError, reading } from '../../errors.ts';
import type { FullTraining } from '../training/fullTraining.ts';
import { ArraySource, batchSizeOf, type Cut } from './arraySource.ts';
import { CorpusSource } from './corpusSource.ts';
import { ExampleSource } from './exampleSource.ts';
import { IterableSource, isIterable } from './iterableSource.ts';
import type { Ports } from './ports.ts';
import { Source } from './source.ts';
import type { Arrays, Corpus, FitData } from './types.ts';

/** How data are read. */
export interface Reading {
  readonly batchSize: number | undefined;
  readonly seed: number | undefined;
  readonly epochs: number;
  readonly updates?: number | undefined;
}

/**
 * The batches of data.
 * @param argument name in errors
 * @throws {ArgumentError | ShapeError} unless they are data for `fit`
 */
export function sourceOf(
  training: FullTraining,
  ports: Ports,
  data: FitData | Source,
  argument: string,
  given: Reading,
): Source {
  return reading(argument, data, () => read(training, ports, data, argument, given));
}

function read(
  training: FullTraining,
  ports: Ports,
  data: FitData | Source,
  argument: string,
  { batchSize, seed, epochs, updates }: Reading,
): Source {
  if (data instanceof Source) return data;
  if (typeof data === 'function') return new IterableSource(data, epochs, argument, updates);
  if (typeof data !== 'object' || data === null)
    throw new ArgumentError(argument, 'arrays { x, y }, examples, batches or a text', data);
  const cut: Cut = { batchSize: batchSizeOf(batchSize), seed, isWhole: training.carries };
  if (Array.isArray(data) && batchSize !== undefined) return new ExampleSource(ports, data, cut, argument);
  if (isIterable(data)) return new IterableSource(data, epochs, argument, updates);
  if ('x' in data || 'y' in data) return new ArraySource(ports, data as Arrays, cut, argument);
  return new CorpusSource(training, data as Corpus, 'fit');
}
