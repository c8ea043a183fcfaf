// What is kept, what can't be, and what is kept but can't be opened: the page says which, and deletes nothing.
import assert from 'node:assert/strict';
import { number, until, visit } from './browser.mjs';
import { records, withStore } from './records.mjs';

export const name = 'keeping: no room, a later version, failed requests, records that can’t be read';

export async function run({ browser, url }) {
  for (const test of [noRoom, laterVersion, failedText, failedAtReload, unreadable]) {
    // requests of a service worker can't be made to fail
    const { context, page } = await visit(browser, url, { serviceWorkers: 'block' });
    const panel = page.getByRole('tabpanel', { name: 'Text' });
    await test({ context, page, panel, phase: panel.locator('.phase'), url });
    await context.close();
  }
}

async function train({ page, panel, phase }, past = 5) {
  await panel.getByRole('combobox', { name: 'Hidden units' }).selectOption('16');
  await panel.getByLabel('Updates').fill('100000');
  await panel.getByRole('button', { name: 'Train' }).click();
  await phase.getByText('Training').waitFor();
  await until(page, async () => (await number('Update', panel)) > past);
}

async function pauseAndResume({ page, panel, phase }, words) {
  await panel.getByRole('button', { name: 'Pause' }).click();
  await phase.getByText(words).waitFor();
  assert.doesNotMatch(await phase.textContent(), /reload resumes/);
  const at = await number('Update', panel);
  await panel.getByRole('button', { name: 'Resume' }).click();
  await until(page, async () => (await number('Update', panel)) > at + 5);
}

async function noRoom(at) {
  const session = await at.context.newCDPSession(at.page);
  const origin = new URL(at.url).origin;
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  await train(at);
  await pauseAndResume(at, /not kept.*room/);
}

async function laterVersion(at) {
  await at.page.goto('about:blank');
  await at.page.goto(`${at.url}icon.svg`);
  await at.page.evaluate(
    () =>
      new Promise((resolve) => {
        const request = indexedDB.open('unrolled-demo', 7);
        request.onupgradeneeded = () => request.result.createObjectStore('other');
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      }),
  );
  await at.page.goto(`${at.url}#text`);
  await at.panel.getByText('later version').waitFor();
  await train(at);
  await pauseAndResume(at, /not kept.*later version/);
}

/** A 503's words are no text to train on. */
async function failedText(at) {
  const busy = { status: 503, contentType: 'text/plain', body: 'Service unavailable. '.repeat(500) };
  await at.page.route(/\.txt$/, (route) => route.fulfill(busy));
  await at.panel.getByRole('button', { name: 'Train' }).click();
  await at.phase.getByText(/Failed.*503/).waitFor();
  await at.page.getByRole('tab', { name: 'Time series' }).click();
  await at.page.unroute(/\.txt$/);
  await at.page.route(/\.csv$/, (route) => route.fulfill({ status: 500, body: 'date,close\n' }));
  const series = at.page.getByRole('tabpanel', { name: 'Time series' });
  await series.getByLabel('Series').selectOption('shares');
  await series.getByText(/can’t be loaded.*500/).waitFor();
}

async function failedAtReload(at) {
  const { page, panel, phase } = at;
  await train(at);
  await panel.getByRole('button', { name: 'Pause' }).click();
  await phase.getByText('a reload resumes here').waitFor();
  const update = await number('Update', panel);
  for (const fail of [(route) => route.abort(), (route) => route.fulfill({ status: 502, body: 'x' })]) {
    await page.route(/\.txt$/, fail);
    await page.reload();
    await panel.getByText('It stays kept').waitFor();
    await phase.getByText('Not trained yet').waitFor();
    await page.unroute(/\.txt$/);
  }
  await panel.getByRole('button', { name: 'Open the kept run' }).click();
  await phase.getByText('a reload resumes here').waitFor();
  assert.equal(await number('Update', panel), update);
  // a new training does not overwrite what could not be opened
  await page.route(/\.txt$/, (route) => route.abort());
  await page.reload();
  await panel.getByText('It stays kept').waitFor();
  await page.unroute(/\.txt$/);
  const [{ value }] = await records(page);
  await train(at);
  await panel.getByRole('button', { name: 'Pause' }).click();
  await phase.getByText('a reload resumes here').waitFor();
  const aside = (await records(page)).find(({ key }) => key.startsWith('text, put aside'));
  assert.deepEqual(aside.value, value);
}

async function unreadable(at) {
  const { page, panel, phase } = at;
  await train(at);
  await panel.getByRole('button', { name: 'Pause' }).click();
  await phase.getByText('a reload resumes here').waitFor();
  for (const [what, change] of Object.entries({
    'a text': () => 'garbage',
    'an empty object': () => ({}),
    'no checkpoint': ({ checkpoint, ...rest }) => rest,
    'a checkpoint that is cut off': (run) => ({ ...run, checkpoint: run.checkpoint.slice(0, 100) }),
    'an empty checkpoint': (run) => ({ ...run, checkpoint: new Uint8Array() }),
    'noise as a checkpoint': (run) => ({ ...run, checkpoint: run.checkpoint.map((b) => b ^ 0x55) }),
    'no settings': ({ settings, ...rest }) => rest,
    'an unknown text': (run) => ({ ...run, settings: { ...run.settings, source: 'nowhere' } }),
    'an unknown cell': (run) => ({ ...run, settings: { ...run.settings, cell: 'CNN' } }),
    'a huge model': (run) => ({ ...run, settings: { ...run.settings, hidden: 1e9 } }),
  })) {
    await edit(page, change);
    await page.reload();
    await panel.getByText('can’t be read').waitFor();
    await phase.getByText('Not trained yet').waitFor();
    const all = await records(page);
    assert.ok(!all.some(({ key }) => key === 'text'), what);
    const aside = all.map(({ key }) => key).find((key) => key.startsWith('text, put aside'));
    assert.ok((await phase.textContent()).includes(aside), what);
    await restore(page);
  }
  // a loss curve that can't be read is no loss
  await edit(page, (run) => ({ ...run, losses: 'none' }));
  await page.reload();
  await phase.getByText('a reload resumes here').waitFor();
}

/** Changes the record of the text tab. */
const edit = (page, change) =>
  withStore(
    page,
    `const run = await asked(store.get('text'));
    await asked(store.put(run, 'good'));
    await asked(store.put((${change})(run), 'text'));`,
  );

/** What it was before, and nothing else. */
const restore = (page) =>
  withStore(
    page,
    `const run = await asked(store.get('good'));
    await asked(store.clear());
    await asked(store.put(run, 'text'));`,
  );
