import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

/** The examples that take seconds, each with what it has to reach. The kernels `simd` give the same output everywhere. */
const run = promisify(execFile);

async function printed(job: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [`examples/${job}/main.mjs`], { cwd: resolve('.') });
  expect(stderr.replace(/^=+\n.*tfjs-node.*\n=+$/m, '').trim()).toBe(''); // the advertisement of TensorFlow.js
  return stdout;
}

/** The numbers of the only match. */
function numbers(text: string, pattern: RegExp): number[] {
  const found = pattern.exec(text);
  if (!found) throw new Error(`expected ${pattern} in\n${text}`);
  return found.slice(1).map(Number);
}

/** The numbers before `%` at the start of a line. */
function percents(text: string): number[] {
  return [...text.matchAll(/^([\d.]+) %/gm)].map(([, number]) => Number(number));
}

describe('examples', { timeout: 600_000 }, () => {
  test('date-conversion: at least 97 % of unseen dates are exact', async () => {
    const text = await printed('date-conversion');
    const [percent, count] = numbers(text, /([\d.]+) % of (\d+) unseen dates are exact/);
    expect(count).toBe(13 * 200);
    expect(percent).toBeGreaterThanOrEqual(97);
    expect(text).toContain('FEB 14, 2040 → 2040-02-14');
  });

  test('autoencoder: the planted beat has by far the largest error', async () => {
    const text = await printed('autoencoder');
    const [beat, error] = numbers(text, /beat (\d+) .* error is ([\d.]+)/);
    const [next] = numbers(text, /next largest ([\d.]+)/);
    expect(beat).toBe(137);
    expect(error).toBeGreaterThan(4 * next!);
  });

  test('forecast: stops early, and is better than repeating the last hour or day', async () => {
    const text = await printed('forecast');
    const [stopped, best] = numbers(text, /stopped after epoch (\d+) of 50; epoch (\d+)/);
    expect([stopped! - best!, stopped! < 50]).toEqual([3, true]);
    const [error] = numbers(text, /last months: ([\d.]+) °C/);
    const [hour, day] = numbers(text, /last hour: ([\d.]+) °C; as a day before: ([\d.]+) °C/);
    expect(error).toBeLessThan(0.8 * day!);
    expect(day).toBeLessThan(hour!);
  });

  test('amp: an ESR below 0.02 on unheard samples, a tenth of that of the best gain', async () => {
    const text = await printed('amp');
    const [esr] = numbers(text, /unheard samples: ([\d.]+)/);
    const [gain] = numbers(text, /without a model: ([\d.]+)/);
    expect(esr).toBeLessThan(0.02);
    expect(esr).toBeLessThan(gain! / 10);
  });

  test('fine-tuning: the accuracy is regained, and frozen parameters keep their bits', async () => {
    const text = await printed('fine-tuning');
    const [upright, turned] = numbers(text, /accuracy ([\d.]+) %, with the sensor turned ([\d.]+) %/);
    const [tuned] = numbers(text, /100 measurements ([\d.]+) %/);
    expect(upright).toBeGreaterThan(95);
    expect(turned).toBeLessThan(50);
    expect(tuned).toBeGreaterThan(90);
    const [, changed] = /changed: (.*)/.exec(text)!;
    expect(changed!.split(', ').map((name) => name.split('.')[0])).toEqual(['1', '1', '1', '1', '3', '3']);
  });

  test('ctc-digits: an error in less than 2 % of unseen strips', async () => {
    const text = await printed('ctc-digits');
    const [percent, count] = numbers(text, /([\d.]+) % of (\d+) unseen strips/);
    expect(count).toBe(300);
    expect(percent).toBeLessThan(2);
  });

  test('tfjs: the same losses with install', async () => {
    const text = await printed('tfjs');
    const rows = [...text.matchAll(/^loss of epoch \d +([\d.]+) +([\d.]+)$/gm)];
    expect(rows.map(([, , installed]) => installed)).toEqual(rows.map(([, plain]) => plain));
    expect(rows).toHaveLength(3);
  });

  test('keras: trained further, the model forecasts what it could not', async () => {
    const text = await printed('keras');
    const [slow, fast] = numbers(text, /slow waves ([\d.]+), of fast ones ([\d.]+)/);
    const [trained] = numbers(text, /after training ([\d.]+)/);
    expect([slow! < 0.03, fast! > 0.5, trained! < 0.05]).toEqual([true, true, true]);
  });

  test('page: the poem goes on, and the folder has all that the page loads', async () => {
    expect(await printed('page')).toMatch(/^Beware the (Jabberwock|Jubjub)/);
    const page = await readFile('build/page/index.html', 'utf8');
    const loaded = [...page.matchAll(/(?:from '\.\/|fetch\(')([^']+)'/g)].map(([, name]) => name!);
    expect(loaded.sort()).toEqual(['model.safetensors', 'unrolled.min.js', 'write.mjs']);
    expect(await readdir('build/page')).toEqual(expect.arrayContaining(loaded));
  });

  test('onnx: the file streams what the model streams', async () => {
    const text = await printed('onnx');
    const [difference] = numbers(text, /over 201 steps: ([\d.e-]+)/);
    expect(difference).toBeLessThan(1e-6);
  });

  test('sentiment: at least 98 % of unseen reviews are right, 57 % by counting words', async () => {
    const [model, byWords] = percents(await printed('sentiment'));
    expect(model).toBeGreaterThanOrEqual(98);
    expect(byWords).toBeLessThan(65);
  });

  test('tagger: at least 98 % of the words are right, 87 % by the most frequent tag of each word', async () => {
    const [model, byWords] = percents(await printed('tagger'));
    expect(model).toBeGreaterThanOrEqual(98);
    expect(byWords).toBeLessThan(90);
  });
});
