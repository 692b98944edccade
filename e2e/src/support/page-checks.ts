import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What depends on the colours; everything else is the same in both themes. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** Accessibility violations of a page, in light and in dark. */
export async function violations(page: Page): Promise<string[]> {
  const show = (scheme: string) =>
    // Like the sidebar's button, which a dialog or a drawer may cover.
    page.evaluate((theme) => (document.documentElement.dataset.theme = theme), scheme);
  await show('dark');
  const dark = await new AxeBuilder({ page }).withRules(OF_COLOURS).analyze();
  await show('light');
  const light = await new AxeBuilder({ page }).analyze();
  return Object.entries({ dark, light }).flatMap(([scheme, { violations }]) =>
    violations.map(({ id, nodes }) => `${scheme} ${id}: ${nodes[0]?.html}`),
  );
}

/** Elements beyond the right edge of the window, unless a box clips or scrolls them. */
export function beyondTheEdge(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isCutOff = ({ parentElement: parent }: Element): boolean =>
      parent !== null && (getComputedStyle(parent).overflowX !== 'visible' || isCutOff(parent));
    return [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > width + 1 && !isCutOff(element))
      .map(({ outerHTML }) => outerHTML.slice(0, 120));
  });
}
