import type { ModelFile } from './opened.ts';

/** Bytes by name of the files that a model's file lists by their paths: those that are in its folder. */
export function listed({ folder }: ModelFile, paths: readonly unknown[]): Record<string, Uint8Array> {
  const names = new Set(paths.map((path) => String(path).split(/[\\/]/).at(-1)));
  return Object.fromEntries(
    [...folder()].filter(([name]) => names.has(name)).map(([name, read]) => [name, read()]),
  );
}
