// Writes the kernels' signatures for TypeScript, with the comments that stand beside them in assembly/.
import { mkdir, readFile, writeFile } from 'node:fs/promises';

const OUT = 'src/kernels/generated/signatures.ts';

/** Signatures of what assembly/index.ts exports. The working directory is the root. */
export async function writeSignatures() {
  const index = await readFile('assembly/index.ts', 'utf8');
  const kernels = [];
  for (const [, names, path] of index.matchAll(/^export \{(.*)\} from '\.\/(.*)';$/gm)) {
    const source = await readFile(`assembly/${path}.ts`, 'utf8');
    for (const name of names.split(',')) kernels.push(signature(name.trim(), source));
  }
  await mkdir('src/kernels/generated', { recursive: true });
  await writeFile(OUT, render(kernels));
}

function signature(name, source) {
  const found = source.match(
    new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport function ${name}\\(([^)]*)\\): (\\w+)`),
  );
  if (!found) throw new Error(`assembly: ${name} has no comment or no signature to read`);
  const parameters = found[2].split(',').flatMap((part) => {
    const match = part.trim().match(/^(\w+): (\w+)$/);
    if (!match && part.trim()) throw new Error(`assembly: ${name}: can't read ${part.trim()}`);
    return match ? [{ name: match[1], type: match[2] }] : [];
  });
  // what a file says of the shapes of all its kernels
  const shapes = source.match(/^\/\/ Shapes:[^\n]*(?:\n\/\/ [^\n]*)*/m)?.[0].replace(/^\/\/ ?/gm, '') ?? '';
  const comment = found[1].replace(/^[ \t]*\* ?/gm, '').trim();
  return { name, parameters, result: found[3], comment: shapes ? `${comment}\n\n${shapes}` : comment };
}

/** Kinds of arguments at run time: p a pointer, i an integer, f a float. */
const KINDS = { usize: 'p', i32: 'i', u32: 'i', bool: 'i', f32: 'f', f64: 'f' };

function render(kernels) {
  const calls = kernels.map(({ name, parameters, result, comment }) => {
    const doc = comment.split('\n').map((line) => `   * ${line}`.trimEnd());
    const list = parameters.map((p) => `${p.name}: number`).join(', ');
    return `  /**\n${doc.join('\n')}\n   */\n  ${name}(${list}): ${result === 'void' ? 'void' : 'number'};`;
  });
  const table = kernels.map(({ name, parameters }) => {
    const list = parameters.map((p) => {
      if (!KINDS[p.type]) throw new Error(`assembly: ${name}: an argument of type ${p.type}`);
      return `${p.name}:${KINDS[p.type]}`;
    });
    return `  ${name}: '${list.join(' ')}',`;
  });
  return `/**
 * The kernels, as WebAssembly exports them. Pointers are byte offsets into the arena, multiples of 4; 0 means none where
 * that is allowed. Counts, leading dimensions and flags (0 or 1) are integers. They trust what they are given.
 */
export interface KernelCalls {
${calls.join('\n')}
}

/** Names and kinds of each kernel's arguments. */
export const SIGNATURES: Readonly<Record<keyof KernelCalls, string>> = {
${table.join('\n')}
};
`;
}
