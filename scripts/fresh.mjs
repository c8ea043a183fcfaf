// What was built from what: a hash of an artefact's inputs, kept in build/hashes/ when it was made.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './tools.mjs';

/** Of the contents of files, by their paths below the root, and of what else decides. */
export function hashOf(files, ...others) {
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Whether an artefact was made from inputs of this hash, and its files are there. */
export function isFresh(name, hash, outputs) {
  return [kept(name), ...outputs].every((file) => existsSync(join(root, file))) && hash === madeFrom(name);
}

/** The hash of what an artefact was made from. */
export function madeFrom(name) {
  const file = join(root, kept(name));
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export function keep(name, hash) {
  writeText(kept(name), hash);
}

/** Writes a file unless it holds that text. */
export function writeText(path, text) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function kept(name) {
  return `build/hashes/${name}`;
}
