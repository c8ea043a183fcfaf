// A text of 20 MB is pasted and trained on; no task of the main thread takes over 50 ms.
import assert from 'node:assert/strict';
import { noTaskOver, number, until } from './browser.mjs';

export const name = 'a text of 20 MB';

const CHARACTERS = 20_000_000;
const LONG_MS = 50;

export async function run({ browser, page, said, note }) {
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  const phase = panel.locator('.phase');
  await panel.getByLabel('Text', { exact: true }).selectOption('own');
  await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('16');
  await panel.getByLabel('Updates').fill('100000');
  // the browser itself takes long to read a clipboard of that size: it is not among what is measured
  await page.evaluate((length) => {
    const words = 'Call me Ishmael. Some years ago, never mind how long precisely, ü Ω ';
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', words.repeat(Math.ceil(length / words.length)).slice(0, length));
    globalThis.paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
  }, CHARACTERS);
  const remove = panel.getByRole('button', { name: 'Remove it' });
  const pasting = await noTaskOver(browser, page, LONG_MS, async () => {
    if (await remove.isVisible()) await remove.click();
    await panel.getByLabel('Your text').evaluate((field) => field.dispatchEvent(globalThis.paste));
    await panel.getByText('20,000,000 characters').waitFor();
    await page.waitForTimeout(1000);
  });
  const training = await noTaskOver(browser, page, LONG_MS, async () => {
    const stop = panel.getByRole('button', { name: 'Stop' });
    if (await stop.isEnabled()) await stop.click();
    await panel.getByRole('button', { name: /^Train/ }).click();
    await until(page, async () => (await number('Update', panel)) > 10);
    // a checkpoint, which holds the text, is among it
    await page.waitForTimeout(11_500);
  });
  note(`pasting, ${pasting}; training, ${training}`);

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
