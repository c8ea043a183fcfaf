// The TensorFlow.js tab: the same program with install and without has the same losses, and its code is shown.
import assert from 'node:assert/strict';
import { until } from './browser.mjs';
import { shootResult } from './shoot.mjs';

export const name = 'TensorFlow.js: one program on both sides, the same curve';

/** Steps that both sides make. */
const STEPS = 12;

export async function run({ page, said, elsewhere, note }) {
  // losses by worker, in the order in which they are made: with install first
  await page.addInitScript(() => {
    globalThis.told = [];
    const { Worker } = globalThis;
    globalThis.Worker = class extends Worker {
      constructor(...given) {
        super(...given);
        const losses = [];
        told.push(losses);
        this.addEventListener('message', ({ data }) => losses.push(...(data.losses ?? [])));
      }
    };
  });
  const fetched = [];
  page.context().on('request', (request) => fetched.push(request.url()));
  await page.reload();
  await page.getByRole('tab', { name: 'TensorFlow.js' }).click();
  const panel = page.getByRole('tabpanel', { name: 'TensorFlow.js' });
  const status = panel.getByRole('status').first();
  await panel.getByText('Not started yet').waitFor();
  const isTheirs = (url) => /assets\/tfjs-(?!backend)/.test(url);
  assert.ok(!fetched.some(isTheirs), 'not before it is asked for');

  for (const kind of ['lstm', 'gru']) {
    await page.evaluate(() => {
      told.length = 0;
    });
    await panel.getByLabel('Layers').selectOption(kind);
    await panel.getByLabel('Units').selectOption('32');
    await panel.getByRole('button', { name: /^Train both/ }).click();
    const losses = () => page.evaluate(() => told);
    await until(page, async () => (await losses()).every(({ length }) => length >= STEPS));
    // drawn with the next frame
    const factorOf = () => panel.locator('.factor').textContent();
    await until(page, async () => /^[\d.]+ ×$/.test(await factorOf()));
    const factor = await factorOf();
    await panel.getByRole('button', { name: 'Stop', exact: true }).click();
    await status.getByText('Stopped').waitFor();
    const [own, plain] = await losses();
    for (let i = 0; i < STEPS; i++)
      assert.ok(Math.abs(own[i] - plain[i]) < 1e-3, `step ${i}: ${own[i]} and ${plain[i]}`);
    assert.ok(own.at(-1) < own[0], 'it learns');
    note(`${kind}: ${factor}`);
  }
  await shootResult(page, 'tensorflow');
  assert.ok(fetched.some(isTheirs));
  const marked = await panel.locator('mark').allTextContents();
  assert.deepEqual(marked, ["import { install } from 'unrolled/tfjs';\n", 'await install(tf);\n']);
  assert.match(await panel.locator('pre').textContent(), /repeatVector/);
  assert.deepEqual([said, elsewhere], [[], []]);
}
