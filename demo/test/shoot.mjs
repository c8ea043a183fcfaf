// Pictures of the page, to be looked at: demo/screenshots/SIZE-TAB-STATE-SCHEME.png.
import { join } from 'node:path';

export const SIZES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  tablet: { viewport: { width: 820, height: 1180 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true },
};
const SCHEMES = ['light', 'dark'];

/** Takes the page as it is, light and dark; the number of pictures. */
export async function shoot(page, size, tab, state) {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    const path = join(import.meta.dirname, `../screenshots/${size}-${tab}-${state}-${colorScheme}.png`);
    await page.screenshot({ path, fullPage: true });
  }
  return SCHEMES.length;
}

/** Takes what a tab shows when its work is done, at each size, and leaves the size as it was. */
export async function shootResult(page, tab) {
  const before = page.viewportSize();
  for (const [size, { viewport }] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    await shoot(page, size, tab, 'result');
  }
  await page.setViewportSize(before);
}
