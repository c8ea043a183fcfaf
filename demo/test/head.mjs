// What the page says of itself: a picture for links, an icon, the package.
import assert from 'node:assert/strict';

export const name = 'head: picture, icon, links';

/** Bytes of a picture that services of links take. */
const MOST = 300_000;

export async function run({ page, url }) {
  const of = (property) => page.locator(`meta[property="${property}"]`).getAttribute('content');
  assert.equal(await of('og:title'), 'unrolled');
  const picture = await page.request.get(new URL(await of('og:image'), url).href);
  const bytes = await picture.body();
  assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
  assert.ok(bytes.length < MOST, `${bytes.length} bytes`);
  const icon = await page.locator('link[rel=icon]').getAttribute('href');
  assert.match(await (await page.request.get(new URL(icon, url).href)).text(), /<svg/);
  const links = await page.getByRole('navigation').getByRole('link').all();
  assert.ok(links.length > 0);
  for (const link of links) assert.match(await link.getAttribute('href'), /^https:\/\/\S+$/);
}
