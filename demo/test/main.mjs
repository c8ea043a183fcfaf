// npm run test:demo [-- NAME…]: the built page in Chromium, and in Firefox where there is one, as a person would use it;
// screenshots into demo/screenshots. With THROTTLE=4, the page's main thread is 4 times slower. A test that gives words was
// skipped for what they say.
import { readdirSync } from 'node:fs';
import { launch, serve, visit } from './browser.mjs';

/** Longest that a test may take, in minutes: one that waits for what never comes fails. */
const LIMIT_MIN = 10;

const asked = process.argv.slice(2);
const files = readdirSync(import.meta.dirname).filter(
  (file) => !['browser.mjs', 'host.mjs', 'main.mjs', 'records.mjs', 'shoot.mjs'].includes(file),
);
const tests = files
  .map((file) => file.replace('.mjs', ''))
  .filter((file) => !asked.length || asked.includes(file));
const server = await serve();
const browser = await launch();
let failed = 0;
console.log(`Chromium ${browser.version()}`);
for (const file of tests) {
  const { name, run } = await import(`./${file}.mjs`);
  const start = performance.now();
  const visitor = await visit(browser, server.url);
  try {
    const note = (text) => console.log(`      ${text}`);
    const skipped = await within(LIMIT_MIN, run({ ...visitor, browser, url: server.url, note }));
    if (skipped) console.log(`SKIP  ${name}: ${skipped}`);
    else console.log(`ok    ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${error.stack ?? error}\n${visitor.said.join('\n')}`);
    await visitor.page
      .screenshot({ path: `${import.meta.dirname}/../screenshots/failed-${file}.png` })
      .catch(() => {});
  }
  await visitor.context.close();
}
await browser.close();
await server.close();
process.exit(failed || !tests.length ? 1 : 0);

/** The result of a promise, or an error if it takes longer than the given number of minutes. */
async function within(minutes, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${minutes} minutes`)), 60_000 * minutes);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
