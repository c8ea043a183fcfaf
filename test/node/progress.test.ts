import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a program writes to stderr. */
function stderr(before: string, cwd: string): string {
  const entry = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
  const program = `
    ${before}
    const { init, Linear, Sequential, Trainer } = await import(${entry});
    await init();
    const trainer = new Trainer(new Sequential([new Linear(1, 1)]), { loss: 'mse', optimizer: 'adam' });
    const data = { x: { data: new Float32Array(8), shape: [1, 8, 1] }, y: new Float32Array(8).fill(1) };
    await trainer.fit(data, { epochs: 2, batchSize: 4, validation: data, metrics: ['mae'], progress: true });
  `;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd,
    encoding: 'utf8',
  });
  expect(result.status, result.stderr).toBe(0);
  expect(result.stdout).toBe('');
  return result.stderr;
}

const LINE = /^epoch (\d)\/2 {2}loss [\d.]+ {2}validation [\d.]+ {2}mae [\d.]+ {2}lr 0\.001 {2}[\d.]+ s$/;

describe('progress: true', () => {
  test('writes a line per epoch', () => {
    const lines = stderr('', root).trim().split('\n');
    expect(lines.map((line) => LINE.exec(line)?.[1])).toEqual(['1', '2']);
  });

  test('shows a bar in a terminal if cli-progress is installed', () => {
    const terminal =
      'Object.assign(process.stderr, { isTTY: true, columns: 80, cursorTo() {}, clearLine() {}, moveCursor() {} });';
    // what it finds depends on the working directory
    expect(stderr(terminal, root)).toMatch(/░|█/);
    const plain = stderr(terminal, '/');
    expect(plain).not.toMatch(/░|█/);
    expect(
      plain
        .trim()
        .split('\n')
        .every((line) => LINE.test(line)),
    ).toBe(true);
  });
});
