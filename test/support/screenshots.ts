// Pictures of a page as people may meet it: light and dark, wide and narrow. For eyes: SALLYPORT_SCREENSHOTS=folder keeps
// them. What a machine can see of the layout is asserted.
import path from 'node:path';
import type { Page } from 'playwright-core';
import { temporaryFolder } from './folder.ts';

const WIDTHS = [1280, 390] as const;
const COLOR_SCHEMES = ['light', 'dark'] as const;

interface Asserting {
  teardown(handler: () => void): void;
  ok(value: unknown, message: string): unknown;
}

/** Takes `NAME-WIDTH-SCHEME.png` of the whole page, four of them; nothing may stick out sideways. */
export async function screenshots(t: Asserting, page: Page, name: string): Promise<void> {
  const folder = process.env['SALLYPORT_SCREENSHOTS'] ?? temporaryFolder(t);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const needed = Number(await page.evaluate('document.documentElement.scrollWidth'));
    t.ok(needed <= width, `${name} fits into ${width} pixels, needs ${needed}`);
    for (const colorScheme of COLOR_SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: path.join(folder, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
      });
    }
  }
}
