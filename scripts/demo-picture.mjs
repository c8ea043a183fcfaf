// node scripts/demo-picture.mjs: takes docs/page.png, the picture of the demo page in the README and of links to it, of demo/dist, in Chromium.
import { join } from 'node:path';
import { launch, serve, until, visit } from '../demo/test/browser.mjs';
import { root } from './tools.mjs';

const server = await serve();
const browser = await launch();
const viewport = { width: 1000, height: 640 };
const { page } = await visit(browser, `${server.url}#watch`, { viewport, reducedMotion: 'reduce' });
const update = () => page.locator('dl.numbers dd').first().textContent();
await until(page, async () => Number((await update()).replaceAll(',', '')) > 1000);
// as it is when the gradient of the guess of the last letter has run back
const { x, y, width, height } = await page.locator('canvas.scene').boundingBox();
await page.mouse.move(x + (16.5 / 18) * width, y + height / 2);
await page.waitForTimeout(500);
await page.screenshot({ path: join(root, 'docs/page.png') });
await browser.close();
await server.close();
