// Writes for TypeScript what assembly/ says of the kernels: signatures with their comments, names by entry, structs.
import { checkEntries, ENTRIES, kernelsOf, read, sharedConstants, structs } from './assembly.mjs';
import { writeText } from './fresh.mjs';

/** Kinds of values at run time: p a pointer, i an integer, f a float. */
const KINDS = { usize: 'p', i32: 'i', u32: 'i', bool: 'i', f32: 'f', f64: 'f' };

/** What is written, by path. */
const GENERATED = {
  'src/wasm/generated/kernelCalls.ts': () => `${calls('KernelCalls', 'The kernels', signatures())}
/** The name of a kernel. */
export type KernelName = keyof KernelCalls;
`,
  'src/wasm/generated/quantCalls.ts': () =>
    calls('QuantCalls', 'The kernels of quantized layers', signatures('quant')),
  'src/wasm/generated/kernelNames.ts': names,
  'src/wasm/generated/exportHashes.ts': hashes,
  'src/wasm/generated/structs.ts': () => structs().map(struct).join('\n'),
  'src/wasm/generated/constants.ts': () => sharedConstants().map(constantsOf).join('\n'),
  'src/kernels/generated/signatures.ts': () =>
    kinds('SIGNATURES', 'KernelCalls', 'kernelCalls', signatures()),
  'src/kernels/generated/quantSignatures.ts': () =>
    kinds('QUANT_SIGNATURES', 'QuantCalls', 'quantCalls', signatures('quant')),
};

/** @throws {Error} a kernel that is not exported where it is called, or a signature that can't be read */
export function writeSignatures() {
  checkEntries();
  for (const [path, text] of Object.entries(GENERATED)) writeText(path, text());
}

/** Of every kernel of an entry, in the order in which they are exported. */
function signatures(entry = 'index') {
  return kernelsOf(entry).map(({ name, file }) => signature(name, file, read(file)));
}

function signature(name, file, source) {
  const found = source.match(
    new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport function ${name}\\(([^)]*)\\): (\\w+)`),
  );
  if (!found) throw new Error(`${file}: ${name} has no comment or no signature to read`);
  const parameters = found[2].split(',').flatMap((part) => {
    const match = part.trim().match(/^(\w+): (\w+)$/);
    if (!match && part.trim()) throw new Error(`${file}: ${name}: can't read ${part.trim()}`);
    return match ? [{ name: match[1], kind: kind(match[2], `${file}: ${name}`) }] : [];
  });
  // what a file says of the shapes of all its kernels
  const shapes = source.match(/^\/\/ Shapes:[^\n]*(?:\n\/\/ [^\n]*)*/m)?.[0].replace(/^\/\/ ?/gm, '') ?? '';
  const comment = found[1].replace(/^[ \t]*\* ?/gm, '').trim();
  return { name, parameters, result: found[3], comment: shapes ? `${comment}\n\n${shapes}` : comment };
}

function kind(type, where) {
  if (!KINDS[type]) throw new Error(`${where}: a value of type ${type}`);
  return KINDS[type];
}

function calls(type, what, kernels) {
  const methods = kernels.map(({ name, parameters, result, comment }) => {
    const doc = comment.split('\n').map((line) => `   * ${line}`.trimEnd());
    const list = parameters.map((p) => `${p.name}: number`).join(', ');
    return `  /**\n${doc.join('\n')}\n   */\n  ${name}(${list}): ${result === 'void' ? 'void' : 'number'};`;
  });
  return `/**
 * ${what}, as WebAssembly exports them. Pointers are byte offsets into the arena, multiples of 4; 0 means none where
 * that is allowed. Counts, leading dimensions and flags (0 or 1) are integers. They trust what they are given.
 */
export interface ${type} {
${methods.join('\n')}
}
`;
}

/** Each list holds the one before it, since each entry exports what the one before it does. */
function names() {
  const known = [];
  const lists = ENTRIES.map((entry, i) => {
    const own = kernelsOf(entry).filter(({ name }) => !known.includes(name));
    known.push(...own.map(({ name }) => name));
    const list = `[\n${own.map(({ name }) => `  '${name}',\n`).join('')}]`;
    // a spread or a call that is not marked would keep bundlers from dropping a list that nobody names
    const all = i ? `/* @__PURE__ */ ${namesOf(ENTRIES[i - 1])}.concat(${list})` : list;
    return `/** What assembly/${entry}.ts exports. */\nexport const ${namesOf(entry)}: readonly KernelName[] = ${all};\n`;
  });
  return `import type { KernelName } from './kernelCalls.ts';\n\n${lists.join('\n')}`;
}

/** Of the names that each entry exports, as src/wasm/module.ts computes them. */
function hashes() {
  const list = ENTRIES.map((entry) => {
    const names = kernelsOf(entry).map(({ name }) => name);
    let hash = 0;
    for (const letter of `${names.sort()}`) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0;
    return `  ${hash}, // ${entry}\n`;
  });
  return `/** Of the names that each of the entries of assembly/ exports. */\nexport const EXPORT_HASHES: readonly number[] = [\n${list.join('')}];\n`;
}

function namesOf(entry) {
  return entry === 'index' ? 'KERNEL_NAMES' : `${entry.toUpperCase()}_NAMES`;
}

function struct({ name, file, fields }) {
  const lines = fields.map((field) => {
    const of = kind(field.type, `${file}: ${name}.${field.name}`);
    if (field.type === 'f64') throw new Error(`${file}: ${name}.${field.name} takes more than 4 bytes`);
    return `  ${field.name}: '${of}',\n`;
  });
  return `/** Fields of ${name} (${file}) in their order, 4 bytes each: p a pointer, i an integer, f a float. */
export const ${name} = {\n${lines.join('')}} as const;\n`;
}

function kinds(name, type, file, kernels) {
  const table = kernels.map(({ name, parameters }) => {
    return `  ${name}: '${parameters.map((p) => `${p.name}:${p.kind}`).join(' ')}',\n`;
  });
  return `import type { ${type} } from '../../wasm/generated/${file}.ts';

/** Names and kinds of each kernel's arguments. */
export const ${name}: Readonly<Record<keyof ${type}, string>> = {
${table.join('')}};
`;
}

function constantsOf({ file, constants }) {
  const lines = constants.map(({ name, value }) => `export const ${name} = ${value};`);
  return `// ${file}\n${lines.join('\n')}\n`;
}
