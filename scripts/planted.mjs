// npm run test:planted: plants a fault at every call of a kernel in src/ (an argument left out) and at every name of a
// descriptor's field (misspelt), in a copy, and expects the type checker to find each where it is.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, kernelsOf, read } from './assembly.mjs';
import { writeSignatures } from './signatures.mjs';
import { root, tool } from './tools.mjs';

const COPY = 'build/planted';
const CALLS = 'src/wasm/generated/kernelCalls.ts';

/**
 * A fault: `text` in place of what is from `from` to `to`, which must give an error at `at`. Faults of one `group` hide
 * each other: of an object literal's unknown names the type checker tells one.
 */
function faultsOf(file) {
  const source = read(file);
  return [...leftOut(source), ...misspelt(source)].map((fault, i) => ({ group: i, ...fault, file }));
}

/** Every kernel call without its last argument: `.NAME(…)`, or `kernels[…](…)`, whose error is told of the whole. */
function leftOut(source) {
  const names = kernelsOf('index').map(({ name }) => name);
  const call = new RegExp(`\\.(${names.join('|')})\\(|\\bkernels\\[[^\\]]*\\]\\(`, 'g');
  return [...source.matchAll(call)].flatMap(({ 0: text, 1: name, index }) => {
    const open = index + text.length - 1;
    const args = parts(source, open);
    const last = args.at(-1);
    const at = name ? index + 1 : index;
    return last ? [{ from: args.at(-2)?.to ?? open + 1, to: last.to, text: '', at, what: name ?? text }] : [];
  });
}

/** Every name of a field, with an x. */
function misspelt(source) {
  const faults = [];
  const name = (from, to, text, at, group) =>
    faults.push({ from, to, text, at, what: source.slice(at).match(/^\S*/)[0], group });
  for (const call of source.matchAll(/\bdescriptor\.set\(/g)) {
    const { from } = parts(source, call.index + call[0].length - 1)[0];
    // an x after the first quote: the name may be a variable, which has its type from where it was made
    if (/['`]/.test(source[from])) name(from, from + 1, `${source[from]}x`, from);
  }
  const literals = [
    ...[...source.matchAll(/\bdescriptor\.setAll\(\{/g)].map((m) => m.index + m[0].length - 1),
    ...[...source.matchAll(/\}(?: as const)? satisfies [^;]*(?:Field|Recurrence)\b/g)].map((m) =>
      opening(source, m.index),
    ),
  ];
  for (const open of literals) {
    for (const { from, to } of parts(source, open)) {
      const part = source.slice(from, to);
      const found = part.match(/^(\w+)(?:: ('\w+')$)?/);
      // TypeScript lets objects that are spread have names of their own
      if (!found) throw new Error(`names of fields in a spread are not checked: ${part}`);
      const [, key, value] = found;
      const end = from + key.length;
      const shorthand = end === to;
      // of a list of names by kind the names are the values
      if (value) name(to - 1, to, "x'", from);
      else name(from, end, shorthand ? `${key}x: ${key}` : `${key}x`, from, open);
    }
  }
  return faults;
}

/** What is between a bracket and the one that closes it, at its commas. */
function parts(source, open) {
  const found = [];
  let from = open + 1;
  let depth = 0;
  for (let i = open + 1; ; i++) {
    const char = source[i];
    if (char === undefined) throw new Error(`no end of ${source.slice(open - 20, open + 20)}`);
    if (char === '/' && source[i + 1] === '/') i = source.indexOf('\n', i);
    else if (/['"`]/.test(char)) i = source.indexOf(char, i + 1);
    else if (/[([{]/.test(char)) depth++;
    else if (/[)\]}]/.test(char) && depth > 0) depth--;
    else if (depth === 0 && /[,)\]}]/.test(char)) {
      const text = source.slice(from, i);
      const trimmed = text.trim();
      if (trimmed) {
        const start = from + text.indexOf(trimmed);
        found.push({ from: start, to: start + trimmed.length });
      }
      if (char !== ',') return found;
      from = i + 1;
    }
  }
}

/** The brace that one closes. */
function opening(source, close) {
  let depth = 0;
  for (let i = close; ; i--) {
    if (source[i] === '}') depth++;
    else if (source[i] === '{' && --depth === 0) return i;
  }
}

/** Faults in rounds, no two of a group in one. */
function rounds(faults) {
  const seen = new Map();
  const list = [];
  for (const fault of faults) {
    const key = `${fault.file} ${fault.group}`;
    const round = seen.get(key) ?? 0;
    seen.set(key, round + 1);
    (list[round] ??= []).push(fault);
  }
  return list;
}

/** Plants faults in the copy; gives those that the type checker did not find where they are, then restores the files. */
function plant(faults) {
  const files = new Map(faults.map(({ file }) => [file, read(file)]));
  const places = new Map();
  for (const [file, source] of files) {
    let text = '';
    let end = 0;
    const here = faults.filter((fault) => fault.file === file).sort((a, b) => a.from - b.from);
    for (const fault of here) {
      text += source.slice(end, fault.from) + fault.text;
      end = fault.to;
    }
    text += source.slice(end);
    for (const fault of here) {
      const moved = here
        .filter(({ to }) => to <= fault.at)
        .reduce((sum, f) => sum + f.text.length - (f.to - f.from), 0);
      places.set(fault, position(text, fault.at + moved));
    }
    writeFileSync(join(root, COPY, file), text);
  }
  const errors = check();
  for (const [file, source] of files) writeFileSync(join(root, COPY, file), source);
  return faults.filter((fault) => !errors.has(`${fault.file}(${places.get(fault)})`));
}

/** Line and column, from 1. */
function position(text, at) {
  const lines = text.slice(0, at).split('\n');
  return `${lines.length},${lines.at(-1).length + 1}`;
}

/** Where the type checker finds an error in the copy. */
function check() {
  const { stdout, error } = spawnSync(
    process.execPath,
    [tool('typescript', 'tsc'), '-p', '.', '--pretty', 'false'],
    {
      cwd: join(root, COPY),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  if (error) throw error;
  return new Set([...stdout.matchAll(/^(\S+\(\d+,\d+\)): error TS/gm)].map((m) => m[1]));
}

writeSignatures();
rmSync(join(root, COPY), { recursive: true, force: true });
mkdirSync(join(root, COPY), { recursive: true });
cpSync(join(root, 'src'), join(root, COPY, 'src'), { recursive: true });
// what src/ imports from outside
for (const file of ['bench/probe.mjs', 'bench/probe.d.mts']) cpSync(join(root, file), join(root, COPY, file));
writeFileSync(
  join(root, COPY, 'tsconfig.json'),
  JSON.stringify({ extends: '../../tsconfig.json', include: ['src'] }),
);

const before = check();
if (before.size) {
  console.error(`test:planted: errors before anything is planted: ${[...before].join(' ')}`);
  process.exit(1);
}
const faults = filesBelow('src').flatMap(faultsOf);
const missed = rounds(faults).flatMap(plant);
for (const { file, what, from } of missed) {
  console.error(`not found: ${file}(${position(read(file), from)}): ${what}`);
}
// a check of the check: with calls of any number of arguments, none that is left out is found
const calls = faults.filter(({ text }) => text === '');
writeFileSync(
  join(root, COPY, CALLS),
  read(CALLS).replace(/^ {2}(\w+)\([^)]*\): \w+;$/gm, '  $1(...args: number[]): number;'),
);
const unseen = plant(calls).length;
if (unseen !== calls.length)
  console.error(`unchecked calls: ${calls.length - unseen} of ${calls.length} found all the same`);
const failed = missed.length + (calls.length - unseen);
console.log(`${faults.length - missed.length} passed, ${failed} failed`);
process.exitCode = failed || !faults.length ? 1 : 0;
