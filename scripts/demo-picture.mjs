// node scripts/demo-picture.mjs: takes docs/page.png, the picture of the demo page in the README and of links to it, of demo/dist, in Chromium.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, serve, until, visit } from '../demo/test/browser.mjs';
import { palettePng } from './palettePng.mjs';
import { root } from './tools.mjs';

const server = await serve();
const browser = await launch();
// to the end of the first paragraph below the scene
const viewport = { width: 1000, height: 664 };
const { page } = await visit(browser, `${server.url}#watch`, { viewport, reducedMotion: 'reduce' });
const update = () => page.locator('dl.numbers dd').first().textContent();
await until(page, async () => Number((await update()).replaceAll(',', '')) > 1000);
// as it is when the gradient of the guess of the last letter has run back
const { x, y, width, height } = await page.locator('canvas.scene').boundingBox();
await page.mouse.move(x + (16.5 / 18) * width, y + height / 2);
await page.waitForTimeout(500);
writeFileSync(join(root, 'docs/page.png'), await palettePng(await page.screenshot()));
await browser.close();
await server.close();
