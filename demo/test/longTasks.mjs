// No task of the main thread takes over 50 ms while a model trains, or plays.
import assert from 'node:assert/strict';
import { noTaskOver, number, until } from './browser.mjs';

export const name = 'no long task while it trains or plays';

const LONG_MS = 50;
/** Longer than the time from one checkpoint to the next. */
const WINDOW_MS = 11_000;
const PLAY_MS = 4000;

export async function run({ browser, page, note }) {
  for (const tab of ['Text', 'Time series', 'Melody']) {
    await page.getByRole('tab', { name: tab }).click();
    const panel = page.getByRole('tabpanel', { name: tab });
    await panel.getByLabel('Updates').fill('100000');
    if (tab === 'Text') {
      await panel.getByLabel('Layers').selectOption('2');
      await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('256');
    }
    await panel.getByRole('button', { name: 'Train' }).click();
    await until(page, async () => (await number('Update', panel)) > 10);
    const before = await number('Update', panel);
    const tasks = await noTaskOver(browser, page, LONG_MS, () => page.waitForTimeout(WINDOW_MS));
    assert.ok((await number('Update', panel)) > before, 'it trained meanwhile');
    note(`${tab}, in ${WINDOW_MS / 1000} s: ${tasks}`);
    await panel.getByRole('button', { name: 'Stop' }).click();
  }
  await page.getByRole('tab', { name: 'Audio' }).click();
  const audio = page.getByRole('tabpanel', { name: 'Audio' });
  await audio.getByRole('button', { name: 'Play' }).click();
  await audio.getByRole('status').getByText('Playing').waitFor();
  const tasks = await noTaskOver(browser, page, LONG_MS, () => page.waitForTimeout(PLAY_MS));
  note(`Audio, in ${PLAY_MS / 1000} s: ${tasks}`);
}
