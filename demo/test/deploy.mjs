// Another version of the page is put where one was, on a host whose files browsers keep for an hour.
import assert from 'node:assert/strict';
import { controlled, tabsOf, until, visit } from './browser.mjs';
import { builds, host } from './host.mjs';

export const name = 'deploy: a new build, two pages on one origin, files that are gone';

export async function run({ browser }) {
  const { before, after, remove } = builds();
  const server = await host();
  try {
    for (const test of [newBuild, neighbours, oldPage, goneFile, goneForGood]) {
      for (const folder of ['one', 'two']) server.put(folder, before);
      server.state.missing = () => false;
      server.state.forget = () => false;
      await test({ browser, server, after });
    }
  } finally {
    await server.close();
    remove();
  }
}

/** Later visits have the new build, and all of it. */
async function newBuild({ browser, server, after }) {
  const { context, page } = await visit(browser, server.url('one'));
  await controlled(page);
  server.put('one', after);
  await page.reload();
  await openTabs(page);
  await updated(page);
  await page.reload();
  assert.doesNotMatch(await script(page), /before-/, 'the page is the new one');
  await openTabs(page);
  await offline(context, page);
}

/** The page opens without a network, too. Ends the visit. */
async function offline(context, page) {
  await context.setOffline(true);
  await page.reload();
  await openTabs(page);
  await context.close();
}

/** A build of one leaves the other of the same origin as it is. */
async function neighbours({ browser, server, after }) {
  const { context, page } = await visit(browser, server.url('two'));
  await controlled(page);
  const other = await context.newPage();
  await other.goto(server.url('one'));
  await controlled(other);
  server.put('one', after);
  await other.reload();
  await updated(other);
  await offline(context, page);
}

/** A page that the browser has kept, whose program is gone. */
async function oldPage({ browser, server, after }) {
  server.state.forget = (url) => /assets/.test(url);
  const { context, page } = await visit(browser, server.url('one'), { serviceWorkers: 'block' });
  server.put('one', after);
  await page.goto('about:blank');
  await page.goto(server.url('one'));
  await openTabs(page);
  assert.doesNotMatch(await script(page), /before-/);
  await context.close();
}

/** An open page whose files are gone is loaded anew. */
async function goneFile({ browser, server, after }) {
  const { context, page } = await visit(browser, server.url('one'), { serviceWorkers: 'block' });
  await page.getByRole('tabpanel', { name: 'Text' }).getByRole('button', { name: 'Train' }).waitFor();
  server.put('one', after);
  await page.getByRole('tab', { name: 'Melody' }).click();
  await page.getByRole('tabpanel', { name: 'Melody' }).getByRole('button', { name: 'Train' }).waitFor();
  assert.doesNotMatch(await script(page), /before-/);
  await context.close();
}

/** No loop where a file stays away; it is there again when the person tries again. */
async function goneForGood({ browser, server, after }) {
  server.put('one', after);
  server.state.missing = (url) => /melody/.test(url);
  const { context, page } = await visit(browser, server.url('one'), { serviceWorkers: 'block' });
  let loads = 0;
  page.on('load', () => loads++);
  await page.getByRole('tab', { name: 'Melody' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Melody' });
  await panel.getByRole('alert').waitFor();
  await page.waitForTimeout(1500);
  assert.ok(loads <= 1, `${loads} loads`);
  server.state.missing = () => false;
  await panel.getByRole('button', { name: 'Try again' }).click();
  await panel.getByRole('button', { name: 'Train' }).waitFor();
  await context.close();
}

async function openTabs(page) {
  for (const tab of await tabsOf(page)) {
    await tab.click();
    await page.locator('[role=tabpanel]:not([hidden]) h2').first().waitFor();
  }
}

const script = (page) => page.locator('script[type=module]').getAttribute('src');

/** Waits until the service worker of the new build has kept its files and answers the page's requests. */
async function updated(page) {
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  const newOne = async () => {
    const { installing, waiting, active, scope } = await navigator.serviceWorker.ready;
    if (installing || waiting || active?.state !== 'activated') return false;
    const mine = (await caches.keys()).filter((name) => name.startsWith(`unrolled-demo ${scope} `));
    return mine.some((name) => !/ before-/.test(name)) && navigator.serviceWorker.controller === active;
  };
  await until(page, () => page.evaluate(newOne));
}
