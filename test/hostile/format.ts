import { type Given, mutatedFiles } from './mutate.ts';

/** What is wrong with a file, the file, and a part of the message. */
export type Broken = readonly [what: string, given: Given, words: RegExp];

/** Hostile files of a format. */
export interface HostileFormat {
  readonly name: string;
  /** Reads a file. @throws what is not a FormatError if something is wrong with the reader */
  readonly read: (given: Given) => void;
  /** As `read`; with what is slow besides, such as making a model and running it, for some files only. */
  readonly use?: (given: Given) => void;
  /** Valid files. */
  readonly samples: () => Promise<readonly Given[]>;
  /** Each rule broken once: all of them are refused. */
  readonly broken: readonly Broken[];
  /** Files that claim more than they have, bombs, circles, great depths: refused, or read within the limits. */
  readonly large: () => Iterable<readonly [what: string, given: Given]>;
}

/** A file that is tried, and what must become of it: it is read, it is refused, or either. */
export interface Tried {
  readonly what: string;
  readonly given: Given;
  readonly must?: 'read' | 'refuse';
}

/** One file in so many is used as a whole. */
const USED = 16;

/** Hostile files: samples, broken rules, what is large, the smallest sample cut off at every byte, and mutations by seeds from `first` on. */
export async function* hostileFiles(
  format: HostileFormat,
  mutations: number,
  first = 0,
): AsyncGenerator<Tried> {
  const samples = await format.samples();
  for (const [i, given] of samples.entries()) yield { what: `sample ${i}`, given, must: 'read' };
  for (const [what, given] of format.broken) yield { what, given, must: 'refuse' };
  for (const [what, given] of format.large()) yield { what, given };
  const files = samples.filter((given) => given instanceof Uint8Array);
  const [smallest] = files.sort((a, b) => a.length - b.length);
  for (let length = 0; length < (smallest?.length ?? 0); length++)
    yield { what: `${length} bytes`, given: smallest!.subarray(0, length) };
  for (let seed = first; seed < first + mutations; seed++)
    yield { what: `seed ${seed}`, given: mutatedFiles(samples[seed % samples.length]!, seed) };
}

/** What became of the n-th file. @throws what is neither a FormatError nor a MemoryError */
export function tryFile({ read, use }: HostileFormat, given: Given, n: number): 'read' | 'refuse' {
  try {
    if (use && n % USED === 0) use(given);
    else read(given);
    return 'read';
  } catch (error) {
    const { name, message } = error as Error;
    if (!/^(FormatError|MemoryError)$/.test(name) || message.length > 400) throw error;
    return 'refuse';
  }
}
