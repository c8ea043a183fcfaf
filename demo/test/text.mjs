// The text tab, used as a person would.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';
import { records } from './records.mjs';

export const name = 'text: train, write, pause, reload, resume, stop';

/** A loss of a model that has learned something, in nats per character: one that knows only how often each character comes has 3.2. */
const LEARNED = 2.5;

export async function run({ page, said }) {
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  const phase = panel.getByRole('status');
  await panel.getByLabel('Text', { exact: true }).selectOption({ label: 'English first names' });
  await panel.getByLabel('Cell').selectOption('GRU');
  await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('64');
  await panel.getByLabel('Layers').selectOption('2');
  await panel.getByLabel('Sequence length').selectOption('32');
  await panel.getByLabel('Updates').fill('20000');

  await panel.getByRole('button', { name: 'Train' }).click();
  await until(page, async () => (await number('Update', panel)) > 20);
  await until(page, async () => (await number('Loss', panel)) < LEARNED);
  assert.ok((await number('Characters per second', panel)) > 0);
  assert.match(await panel.locator('dl.numbers').textContent(), /\d+ (s|min)/);

  // it writes while it trains, and the heat map has a row a layer and a column a step
  const written = () => panel.locator('.written').textContent();
  await until(page, async () => (await written()).length > 250);
  const first = await written();
  await until(page, async () => (await written()) !== first);
  await until(page, async () => (await panel.locator('.verdicts li').count()) === 2);
  assert.deepEqual(await size(panel, 'Norm of the gradient'), [32, 2]);
  assert.deepEqual(await size(panel, 'Activations'), [280, 64]);
  const shades = () =>
    panel
      .locator('.written span[class^=shade]')
      .evaluateAll((all) => new Set(all.map((e) => e.className)).size);
  assert.ok((await shades()) > 2);

  await panel.getByRole('button', { name: 'Pause' }).click();
  await phase.getByText('a reload resumes here').waitFor();
  const at = await number('Update', panel);
  await panel.getByLabel('Begin with').fill('Mar');
  await panel.getByRole('button', { name: 'Write' }).click();
  await until(page, async () => /^Mar/.test(await written()));
  await panel.getByLabel('Colour by').selectOption('unit');
  assert.equal(await panel.locator('.written').getAttribute('data-by'), 'unit');
  assert.equal(await number('Update', panel), at, 'paused');

  await page.reload();
  await phase.getByText('a reload resumes here').waitFor();
  assert.equal(await number('Update', panel), at, 'the update at which it was paused');
  assert.equal(await panel.getByLabel('Cell').inputValue(), 'GRU');
  await panel.getByRole('button', { name: 'Resume' }).click();
  await until(page, async () => (await number('Update', panel)) > at + 100);
  const resumed = await number('Loss', panel);
  assert.ok(resumed < LEARNED + 0.4, `the loss after resuming is ${resumed}`);
  await panel.getByRole('button', { name: 'Stop' }).click();
  await phase.getByText('Stopped').waitFor();
  // what was kept is removed at the same time
  await until(page, async () => !(await records(page)).some(({ key }) => key === 'text'));
  await page.reload();
  await phase.getByText('Not trained yet').waitFor();

  // too short a text is said, not thrown
  await panel.getByLabel('Text', { exact: true }).selectOption('own');
  await panel.getByLabel('Your text').fill('short');
  await panel.getByRole('button', { name: 'Train' }).click();
  await phase.getByText('5 characters').waitFor();
  await panel.getByLabel('Your text').fill('abcdefgh '.repeat(400));
  await panel.getByLabel('Updates').fill('60');
  await panel.getByRole('button', { name: 'Train anew' }).click();
  await phase.getByText('Done').waitFor();
  assert.deepEqual(said, []);
}

const size = (panel, label) =>
  panel.getByRole('img', { name: label }).evaluate(({ width, height }) => [width, height]);
