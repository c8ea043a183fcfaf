import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const entry = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);

/** A program that trains, and writes what `last` gives to a file. */
const program = (run: string) => `
  import { readFileSync, renameSync, writeFileSync } from 'node:fs';
  const { Dropout, Embedding, GRU, init, Linear, Sequential, Trainer } = await import(${entry});
  await init({ kernels: 'simd' });
  const [T, N, file] = [6, 30, process.argv[1]];
  const x = { data: Int32Array.from({ length: T * N }, (_, i) => (i * i) % 7), shape: [T, N] };
  const y = { data: x.data.map((v) => (v * 3) % 7), shape: [T, N] };
  const model = new Sequential([new Embedding(7, 4), new Dropout(0.2), new GRU(4, 8), new Linear(8, 7)], { seed: 1 });
  const trainer = new Trainer(model, {
    loss: 'crossEntropy',
    optimizer: 'adamw',
    averages: 0.9,
    schedule: { name: 'cosineLR', steps: 15 },
  });
  const options = { epochs: 3, batchSize: 6, validation: { x, y }, restoreBest: true };
  const keep = (bytes) => {
    writeFileSync(file + '.new', bytes);
    renameSync(file + '.new', file);
  };
  ${run}
`;

test('a process that is killed in the middle of an epoch goes on to the same bits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-fit-'));
  const run = (text: string, file: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program(text), join(folder, file)]);
  try {
    const whole = run('await trainer.fit({ x, y }, options); keep(trainer.save());', 'whole');
    expect(whole.status, `${whole.stderr}`).toBe(0);
    const killed = run(
      `let kept = 0;
      const save = (bytes) => {
        keep(bytes);
        if (++kept === 4) process.kill(process.pid, 'SIGKILL');
      };
      await trainer.fit({ x, y }, { ...options, checkpoint: { every: 2, save } });`,
      'checkpoint',
    );
    expect(killed.signal).toBe('SIGKILL');
    const resumed = run(
      'await trainer.fit({ x, y }, { ...options, resume: readFileSync(file) }); keep(trainer.save());',
      'checkpoint',
    );
    expect(resumed.status, `${resumed.stderr}`).toBe(0);
    const [a, b] = ['whole', 'checkpoint'].map((name) => readFileSync(join(folder, name)));
    expect(a!.equals(b!)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
