import { expect } from 'vitest';
import { UnrolledError } from '../../src/index.ts';
import type { KerasCase } from '../fixtures/keras/read.ts';
import { mutated, mutatedJson } from '../hostile/mutate.ts';
import { load, read } from './atOnce.ts';

/** What a file gives: nothing, or an error; other errors than those of the package are failures. */
export function attempt(files: Parameters<typeof read>[0], makes: boolean): 'read' | 'refused' {
  try {
    if (makes) load(files).dispose();
    else read(files);
    return 'read';
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    expect(error.name).toMatch(/^(FormatError|MemoryError)$/);
    expect(error.message.length).toBeLessThanOrEqual(400);
    return 'refused';
  }
}

/** Reads so many mutations of a file; returns how many were refused. */
export function attack(name: string, file: Uint8Array, count: number, from = 0): number {
  let refused = 0;
  for (let seed = from; seed < from + count; seed++) {
    try {
      // a model is made of some only: it takes longer
      if (attempt(mutated(file, seed), seed % 16 === 0) === 'refused') refused++;
    } catch (error) {
      throw new Error(`${name}, seed ${seed}`, { cause: error });
    }
  }
  return refused;
}

/** As attack, of the values in an architecture. */
export function attackJson(
  name: string,
  json: unknown,
  files: Record<string, Uint8Array>,
  count: number,
): number {
  let refused = 0;
  for (let seed = 0; seed < count; seed++) {
    const text = JSON.stringify(mutatedJson(json, seed));
    const given = { ...files, 'config.json': new TextEncoder().encode(text) };
    try {
      if (attempt(given, seed % 16 === 0) === 'refused') refused++;
    } catch (error) {
      throw new Error(`${name}, seed ${seed}`, { cause: error });
    }
  }
  return refused;
}

/** A case of the grid. */
export function caseOf(cases: readonly KerasCase[], name: string): KerasCase {
  return cases.find((each) => each.name === name)!;
}
