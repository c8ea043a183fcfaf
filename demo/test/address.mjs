// The address keeps the tab and its settings: a link that is shared restores them, and does not take a kept run away.
import assert from 'node:assert/strict';
import { number, until, visit } from './browser.mjs';

export const name = 'address: settings in the link, a link restores them';

/** Settings that a person makes by tab: the label, the value, and what the address then has. */
const SETTINGS = {
  Text: { Cell: 'GRU', Layers: '2', Updates: '321', 'Begin with': 'He said & so?' },
  'Time series': { Series: 'seattle', Cell: 'LSTM', 'Hidden units': '64', 'Forecast from': '0.5' },
  Melody: { Cell: 'RNN', Tempo: '200', Temperature: '1.1' },
  Audio: { Drive: '0.35' },
  'TensorFlow.js': { Layers: 'gru', Units: '64' },
  Benchmark: { Kernels: 'simd' },
};

export async function run({ browser, page, url, said, note }) {
  for (const [tab, settings] of Object.entries(SETTINGS)) {
    await page.getByRole('tab', { name: tab, exact: true }).click();
    const panel = page.getByRole('tabpanel', { name: tab, exact: true });
    for (const [label, value] of Object.entries(settings)) await set(panel, label, value);
    await panel.locator('h2').first().click();
    const link = page.url();
    const other = await visit(browser, link);
    const shared = other.page.getByRole('tabpanel', { name: tab, exact: true });
    await shared.locator('h2').first().waitFor();
    for (const [label, value] of Object.entries(settings))
      assert.equal(await control(shared, label).inputValue(), value, `${tab}: ${label} of ${link}`);
    assert.deepEqual(other.said, []);
    await other.context.close();
    note(new URL(link).hash);
  }
  // each tab has its own
  await page.getByRole('tab', { name: 'Text', exact: true }).click();
  assert.match(page.url(), /#text\?.*cell=GRU/);

  // in a page that is open; what is no setting of the page is left as it was
  await page.evaluate(() => {
    location.hash = '#melody?cell=GRU&hidden=7&updates=1e9&tempo=nothing&more=1';
  });
  const melody = page.getByRole('tabpanel', { name: 'Melody' });
  await until(page, async () => (await control(melody, 'Cell').inputValue()) === 'GRU');
  assert.equal(await control(melody, 'Hidden units').inputValue(), '64');
  assert.equal(await control(melody, 'Updates').inputValue(), '600');
  assert.equal(await control(melody, 'Tempo').inputValue(), '200');

  // a run that is kept stays, and can be opened
  await set(melody, 'Updates', '60');
  await melody.getByRole('button', { name: 'Train' }).click();
  await melody.getByRole('status').getByText('Done').waitFor();
  await page.goto('about:blank');
  await page.goto(`${url}#melody?cell=LSTM`);
  await melody.getByText('A run with other settings').waitFor();
  assert.equal(await control(melody, 'Cell').inputValue(), 'LSTM');
  await melody.getByRole('button', { name: 'Open the kept run' }).click();
  await melody.getByRole('status').getByText('Done').waitFor();
  assert.equal(await control(melody, 'Cell').inputValue(), 'GRU');
  assert.ok((await number('Loss', melody)) > 0);

  // the words that the first networks learn
  const words = await visit(browser, `${url}#watch?words=ding+dong`);
  await words.page.getByText('Learning your words').waitFor();
  assert.equal(await words.page.getByRole('textbox').inputValue(), 'ding dong');
  await words.context.close();

  // on a phone, the tab that a link opens is in sight, also when the screen is turned
  const phone = await visit(browser, `${url}#benchmark`, { viewport: { width: 390, height: 844 } });
  const open = phone.page.getByRole('tab', { selected: true });
  const inSight = async () => {
    const { x, width } = await open.boundingBox();
    return x >= 0 && x + width <= phone.page.viewportSize().width;
  };
  await open.waitFor();
  assert.equal(await open.textContent(), 'Benchmark');
  await until(phone.page, inSight);
  await phone.page.setViewportSize({ width: 320, height: 600 });
  await until(phone.page, inSight);
  await phone.context.close();
  assert.deepEqual(said, []);
}

const control = (panel, label) =>
  panel.getByLabel(label, { exact: !/Forecast|Drive|Temp/.test(label) }).first();

async function set(panel, label, value) {
  const found = control(panel, label);
  await found.waitFor();
  if ((await found.evaluate(({ tagName }) => tagName)) === 'SELECT') await found.selectOption(value);
  else await found.fill(value);
  await found.dispatchEvent('change', {}, {});
}
