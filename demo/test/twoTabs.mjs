// Two tabs of the page: one keeps its run, the other says that it does not, and takes nothing away.
import assert from 'node:assert/strict';
import { number, until } from './browser.mjs';

export const name = 'two tabs, one record';

export async function run({ context, page, url, said }) {
  const first = at(page);
  await train(first);
  await first.panel.getByRole('button', { name: 'Pause' }).click();
  await first.phase.getByText('a reload resumes here').waitFor();
  const update = await number('Update', first.panel);

  const second = at(await context.newPage());
  await second.page.goto(`${url}#text`);
  await second.panel.getByText('another tab').waitFor();
  await second.phase.getByText('Not trained yet').waitFor();
  await train(second);
  await second.panel.getByRole('button', { name: 'Pause' }).click();
  await second.phase.getByText(/not kept: another tab/).waitFor();
  await second.panel.getByRole('button', { name: 'Stop' }).click();
  await second.phase.getByText('Stopped').waitFor();

  await first.page.reload();
  await first.phase.getByText('a reload resumes here').waitFor();
  assert.equal(await number('Update', first.panel), update);

  // once the first is closed, the second can keep; what the first kept is put aside
  await first.page.close();
  await train(second);
  await second.panel.getByRole('button', { name: 'Pause' }).click();
  await second.phase.getByText('a reload resumes here').waitFor();
  await second.panel.getByText('put aside').waitFor();
  assert.deepEqual(said, []);
}

function at(page) {
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  return { page, panel, phase: panel.locator('.phase') };
}

async function train({ page, panel }) {
  await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('16');
  await panel.getByLabel('Updates').fill('100000');
  await panel.getByRole('button', { name: /Train/ }).click();
  await until(page, async () => (await number('Update', panel)) > 5);
}
