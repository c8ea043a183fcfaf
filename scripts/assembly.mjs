// What assembly/ says of itself: the entries, the kernels that each exports, and the structs that kernels read.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { join as below, dirname, normalize } from 'node:path/posix';
import { root } from './tools.mjs';

/** The entries, each with all that the one before exports and more: assembly/NAME.ts. */
export const ENTRIES = ['inference', 'core', 'index'];

export function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

export function filesBelow(folder) {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .map((name) => below(folder, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts') && !file.includes('/generated/'))
    .sort();
}

/** Modules that a file imports or exports from: `names` as they are called there, `*` for all of them. */
function importsOf(file) {
  const found = read(file).matchAll(
    /^(?:import|export)\s+(?:type\s+)?(\*|\{[^}]*\})[^;]*?\bfrom\s+'(\.[^']+)'/gm,
  );
  return [...found].map(([statement, names, to]) => ({
    exported: statement.startsWith('export'),
    types: /^\w+ type\b/.test(statement),
    names:
      names === '*'
        ? '*'
        : names
            .slice(1, -1)
            .split(',')
            .map((name) => name.trim().split(/\s+as\s+/)[0])
            .filter(Boolean),
    file: normalize(below(dirname(file), to)).replace(/\/[^./]+$/, '$&.ts'),
  }));
}

/** A file and all whose code it imports, directly or not. */
export function reachedFrom(file) {
  const reached = new Set([file]);
  for (const from of reached) {
    // generated modules call nothing, and need not be there yet
    const code = importsOf(from).filter(({ types, file: to }) => !types && !to.includes('/generated/'));
    for (const { file: to } of code) reached.add(to);
  }
  return [...reached].sort();
}

/** Kernels that an entry exports: their names, and the files they are in. */
export function kernelsOf(entry) {
  return importsOf(`assembly/${entry}.ts`).flatMap(({ names, file }) =>
    names === '*'
      ? kernelsOf(file.slice('assembly/'.length, -'.ts'.length))
      : names.map((name) => ({ name, file })),
  );
}

/** Exported functions of assembly/ that nothing there imports and no entry exports. */
function forgotten() {
  const files = filesBelow('assembly');
  const used = new Set(
    files.flatMap((file) =>
      importsOf(file).flatMap(({ names, file: to }) => [...names].map((name) => `${to} ${name}`)),
    ),
  );
  return files.flatMap((file) =>
    [...read(file).matchAll(/^export function (\w+)/gm)]
      .map((m) => m[1])
      .filter((name) => !used.has(`${file} ${name}`))
      .map((name) => ({ name, file })),
  );
}

/** Calls of kernels in files of src/. */
function callsIn(files) {
  return files.flatMap((file) =>
    [...read(file).matchAll(/\bkernels\.([a-z][a-z0-9_]*)\(/g)].map((m) => ({ name: m[1], file })),
  );
}

/** Folders whose functions or classes that call kernels are all in the list all.ts. */
const LISTED = ['src/losses', 'src/optim'];

/** @throws {Error} a kernel that an entry lacks, or a caller that its list lacks: which one, and the file to edit */
export function checkEntries() {
  for (const { name, file } of forgotten()) {
    throw new Error(
      `${name} (${file}) is exported by no entry: add it to assembly/core.ts if unrolled/core calls it, else to assembly/index.ts`,
    );
  }
  for (const folder of LISTED) {
    const listed = reachedFrom(`${folder}/all.ts`);
    const missing = callsIn(filesBelow(folder)).find(({ file }) => !listed.includes(file));
    if (missing) throw new Error(`${missing.file} is not in ${folder}/all.ts: add it there`);
  }
  const quant = filesBelow('src/quant');
  const index = filesBelow('src').filter((file) => !quant.includes(file));
  const callers = { core: reachedFrom('src/core.ts'), index, quant };
  for (const [entry, files] of Object.entries(callers)) {
    const names = new Set(kernelsOf(entry).map(({ name }) => name));
    const missing = callsIn(files).find(({ name }) => !names.has(name));
    if (missing) {
      throw new Error(
        `${missing.file} calls ${missing.name}, which assembly/${entry}.ts does not export: add it there`,
      );
    }
  }
}

/** Fields of the structs that kernels read (`@unmanaged` classes), in their order, with their types. */
export function structs() {
  return filesBelow('assembly').flatMap((file) =>
    [...read(file).matchAll(/^@unmanaged\nexport class (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, name, body]) => ({
      name,
      file,
      fields: [...body.matchAll(/^ {2}(\w+): (\w+);/gm)].map(([, field, type]) => ({ name: field, type })),
    })),
  );
}

/** Files whose exported numbers src/ has, too, and what comes before each name there. */
const SHARED = {
  'gemm/multiply': '',
  'gemm/sgemm': '',
  'vec/byIndex': 'MOVE_',
  'configurable/kinds': 'CONFIGURABLE_',
  'scan/kinds': 'SCAN_',
  'conv/pool1d': 'POOL_',
  'quant/linear': '',
  'quant/recurrent': 'QUANT_',
};

/** Numbers that assembly/ and src/ share, by file. @throws {Error} a file that exports none */
export function sharedConstants() {
  return Object.entries(SHARED).map(([path, prefix]) => {
    const file = `assembly/${path}.ts`;
    const found = [...read(file).matchAll(/^export const (\w+)(?:: \w+)? = (\d+);$/gm)];
    if (found.length === 0) throw new Error(`${file} exports no number`);
    return { file, constants: found.map(([, name, value]) => ({ name: prefix + name, value })) };
  });
}
