// A text of 20 MB is pasted and trained on; the main thread never blocks over 50 ms.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';

export const name = 'a text of 20 MB';

const CHARACTERS = 20_000_000;
/** As in the test of long tasks: a busy machine makes tasks long that are not. */
const TRIES = 4;

export async function run({ context, page, said, note, url }) {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  const phase = panel.locator('.phase');
  await panel.getByLabel('Text', { exact: true }).selectOption('own');
  await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('16');
  await panel.getByLabel('Updates').fill('100000');
  await page.evaluate(async (length) => {
    const words = 'Call me Ishmael. Some years ago, never mind how long precisely, ü Ω ';
    await navigator.clipboard.writeText(words.repeat(Math.ceil(length / words.length)).slice(0, length));
  }, CHARACTERS);

  const seen = { pasting: [], training: [] };
  for (let i = 0; i < TRIES && seen.training.at(-1) !== 'none'; i++) {
    if (i) {
      await panel.getByRole('button', { name: 'Stop' }).click();
      await phase.getByText('Stopped').waitFor();
      await panel.getByRole('button', { name: 'Remove it' }).click();
    }
    await panel.getByLabel('Your text').focus();
    await watch(page);
    await page.keyboard.press('ControlOrMeta+v');
    await panel.getByText('20,000,000 characters').waitFor();
    await page.waitForTimeout(1000);
    seen.pasting.push(await longest(page));
    await watch(page);
    await panel.getByRole('button', { name: /Train/ }).click();
    await until(page, async () => (await number('Update', panel)) > 10);
    // a checkpoint, which holds the text, is among it
    await page.waitForTimeout(11_500);
    seen.training.push(await longest(page));
  }
  note(`long tasks (ms), pasting: ${seen.pasting.join('; ')}; training: ${seen.training.join('; ')}`);
  assert.ok(seen.pasting.includes('none'), 'pasting');
  assert.equal(seen.training.at(-1), 'none', 'training');

  await panel.getByRole('button', { name: 'Pause' }).click();
  await phase.getByText('a reload resumes here').waitFor();
  const at = await number('Update', panel);
  await page.reload();
  await phase.getByText('a reload resumes here').waitFor();
  assert.equal(await number('Update', panel), at);
  await panel.getByText('characters were pasted').waitFor();
  await panel.getByRole('button', { name: 'Resume' }).click();
  await until(page, async () => (await number('Update', panel)) > at + 5);
  assert.deepEqual(said, []);
}

const watch = (page) =>
  page.evaluate(() => {
    longTasks.length = 0;
  });

const longest = (page) =>
  page.evaluate(() => longTasks.map(({ duration }) => Math.round(duration)).join(', ') || 'none');
