// PYTHONPATH=… node test/cli/exported/torch.mjs: goes on with a training by torchrun on two processes and by this package,
// 100 updates each, from the same file. Writes losses.csv (both curves) and continued.safetensors (what torch saved, of a
// tiny model) next to itself, for convert.test.ts. Needs a built package and Python with PyTorch 2.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, '../../../dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'unrolled-torch-'));
const unrolled = (...args) =>
  execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
const torchrun = (...args) =>
  execFileSync('python3', ['-m', 'torch.distributed.run', '--nproc-per-node', '2', ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });

/** Losses by step of a run that was trained from `first` to `last`. */
function losses(file, first, last) {
  const rows = unrolled('plot', file, '--csv').trim().split('\n').slice(1);
  const points = rows.map((row) => row.split(',').map(Number));
  return points.filter(([at]) => at > first && at < last);
}

try {
  writeFileSync(join(folder, 'text.txt'), readFileSync(join(here, 'text.txt')));
  const model = ['--hidden', '48', '--layers', '2', '--embed', '16', '--seq-len', '32', '--batch', '8'];
  unrolled(
    'train',
    'text.txt',
    ...model,
    '--lr',
    '0.01',
    '--steps',
    '20',
    '--length',
    '0',
    '--out',
    'start.safetensors',
  );
  copyFileSync(join(folder, 'start.safetensors'), join(folder, 'ours.safetensors'));
  unrolled('train', 'text.txt', '--resume', 'ours.safetensors', '--steps', '120', '--length', '0');
  unrolled('convert', 'start.safetensors', '--to', 'torch');
  torchrun('start.py', 'text.txt', '--steps', '120', '--out', 'torch.safetensors');
  const [ours, torch] = ['ours', 'torch'].map((name) => losses(`${name}.safetensors`, 20, 120));
  const rows = ours.map(([at, loss], i) => `${at + 0.5},${loss.toFixed(7)},${torch[i][1].toFixed(7)}`);
  writeFileSync(join(here, 'losses.csv'), `step,unrolled,torch\n${rows.join('\n')}\n`);
  const differences = ours.map(([, loss], i) => Math.abs(loss - torch[i][1]) / loss);
  console.log(
    `${rows.length} updates, largest relative difference ${Math.max(...differences).toExponential(1)}`,
  );

  const tiny = ['--hidden', '6', '--embed', '4', '--seq-len', '10', '--batch', '4', '--kernels', 'simd'];
  unrolled('train', 'text.txt', ...tiny, '--steps', '5', '--length', '0', '--out', 'tiny.safetensors');
  unrolled('convert', 'tiny.safetensors', '--to', 'torch');
  torchrun('tiny.py', 'text.txt', '--steps', '12', '--out', 'continued.safetensors');
  copyFileSync(join(folder, 'continued.safetensors'), join(here, 'continued.safetensors'));
} finally {
  rmSync(folder, { recursive: true });
}
