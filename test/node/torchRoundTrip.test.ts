import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GRU, init, Linear, Sequential } from '../../src/index.ts';

const python = (code: string, cwd?: string) =>
  spawnSync('python3', ['-c', code], { cwd, encoding: 'utf8', timeout: 120_000 });
const hasTorch = python('import torch, safetensors').status === 0;
if (!hasTorch)
  console.warn(
    'SKIPPED: back to PyTorch, since python3 has no torch and safetensors (PYTHONPATH says where)',
  );

/** The Python of the guide. */
const guide = /^```python\n(.*?)^```$/ms.exec(readFileSync('docs/guides/pytorch.md', 'utf8'))![1]!;

describe.skipIf(!hasTorch)('back to PyTorch', () => {
  test('the Python of the guide computes what the model computes', async () => {
    await init();
    const folder = mkdtempSync(join(tmpdir(), 'unrolled-torch-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const model = new Sequential([new GRU(3, 8), new Linear(8, 2)], { seed: 1 });
    writeFileSync(join(folder, 'model.safetensors'), model.save());
    const x = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));
    const code = `${guide}\nx = torch.tensor([${x}]).reshape(5, 2, 3)\nprint(model(x).detach().flatten().tolist())\n`;
    const { stdout, stderr, status } = python(code, folder);
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    const found: number[] = JSON.parse(stdout.trim().split('\n').at(-1)!);
    const { data } = model.forward({ data: x, shape: [5, 2, 3] });
    expect(found.length).toBe(data.length);
    for (const [i, value] of found.entries()) expect(Math.abs(data[i]! - value)).toBeLessThan(1e-5);
  });
});
