import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What depends on the colours; everything else is the same in both themes. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/**
 * It judges within the page itself. By default it opens another page for each look, to be told of frames of other origins, which ours does not have; that
 * takes most of the time, and the page is in the background meanwhile.
 */
const look = (page: Page): AxeBuilder =>
  new AxeBuilder({ page }).setLegacyMode().options({
    resultTypes: ['violations'],
    // The rule of WCAG 2.2, which is off unless it is asked for.
    rules: { 'target-size': { enabled: true } },
  });

/** Accessibility violations of a page, in light and in dark. */
export async function violations(page: Page): Promise<string[]> {
  const show = (scheme: string) =>
    // Like the sidebar's button, which a dialog or a drawer may cover.
    page.evaluate((theme) => {
      const before = document.documentElement.dataset.theme;
      document.documentElement.dataset.theme = theme;
      return before;
    }, scheme);
  const before = await show('dark');
  const dark = await look(page).withRules(OF_COLOURS).analyze();
  await show('light');
  const light = await look(page).analyze();
  await show(before ?? 'light');
  return Object.entries({ dark, light }).flatMap(([scheme, { violations }]) =>
    violations.map(({ id, nodes }) => `${scheme} ${id}: ${nodes[0]?.html}`),
  );
}

/** Violations of colours alone, with more contrast in light and in dark. */
export async function violationsOfContrast(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const theme of ['dark', 'light']) {
    await page.evaluate((theme) => Object.assign(document.documentElement.dataset, { theme, contrast: 'more' }), theme);
    const { violations } = await look(page).withRules(['color-contrast-enhanced']).analyze();
    faults.push(...violations.map(({ id, nodes }) => `${theme} ${id}: ${nodes[0]?.html}`));
  }
  await page.evaluate(() => (document.documentElement.dataset.contrast = 'normal'));
  return faults;
}

/** Elements beyond an edge of the window where the page is mirrored. */
export async function beyondTheEdgeMirrored(page: Page): Promise<string[]> {
  const turn = (dir: string) => page.evaluate((dir) => void (document.documentElement.dir = dir), dir);
  await turn('rtl');
  const faults = await beyondTheEdge(page);
  await turn('ltr');
  return faults.map((fault) => `mirrored: ${fault}`);
}

/** Elements beyond an edge of a window of 1,280 by 1,024 pixels whose page is enlarged to 400 %. */
export async function beyondTheEdgeEnlarged(page: Page): Promise<string[]> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 256 });
  const faults = await beyondTheEdge(page);
  if (before) await page.setViewportSize(before);
  return faults.map((fault) => `enlarged: ${fault}`);
}

/** Elements beyond an edge of the window, unless a box clips or scrolls them. */
export function beyondTheEdge(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isCutOff = ({ parentElement: parent }: Element): boolean =>
      parent !== null && (getComputedStyle(parent).overflowX !== 'visible' || isCutOff(parent));
    return [...document.body.querySelectorAll('*')]
      .filter((element) => {
        const { left, right, width: own } = element.getBoundingClientRect();
        return (
          own > 1 &&
          (right > width + 1 || left < -1) &&
          !isCutOff(element) &&
          element.checkVisibility({ visibilityProperty: true })
        );
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 120));
  });
}
