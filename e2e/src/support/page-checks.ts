import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** Accessibility violations of a page, in light and in dark. */
export async function violations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const scheme of ['dark', 'light']) {
    // Like the sidebar's button, which a dialog or a drawer may cover.
    await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), scheme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    found.push(...violations.map(({ id, nodes }) => `${scheme} ${id}: ${nodes[0]?.html}`));
  }
  return found;
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
