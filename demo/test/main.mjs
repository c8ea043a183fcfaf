// npm run test:demo [-- NAME…]: the built page in Chromium, and in Firefox where there is one, as a person would use it;
// screenshots into demo/screenshots. A test that gives words was skipped for what they say.
import { readdirSync } from 'node:fs';
import { launch, serve, visit } from './browser.mjs';

const asked = process.argv.slice(2);
const files = readdirSync(import.meta.dirname).filter(
  (file) => !['browser.mjs', 'host.mjs', 'main.mjs'].includes(file),
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
    const skipped = await run({
      ...visitor,
      browser,
      url: server.url,
      note: (text) => console.log(`      ${text}`),
    });
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
process.exitCode = failed || !tests.length ? 1 : 0;
