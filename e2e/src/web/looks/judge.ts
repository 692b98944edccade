import type { Browser, BrowserContext, Page } from '@playwright/test';
import { beyondTheEdge, violations, violationsOfContrast } from '../../support/page-checks';
import { layoutFaults } from '../../support/page-layout';
import { closeByEscape, noteOpeners, walkByArrows, walkByTab } from '../../support/tab-walk';
import type { PageSystem } from '../page-system';
import type { Stored } from './stored';
import { prepareVariant, type Variant } from './variants';
import type { View } from './views';

/** The windows in which views are judged: of an administrator, and of somebody who is not signed in. */
export class Viewer {
  private readonly pages = new Map<View['who'], Page>();

  constructor(
    private readonly system: PageSystem,
    private readonly administrator: BrowserContext,
    private readonly stored: Stored,
  ) {}

  /** Shows a view. */
  async show(view: View, variant: Variant): Promise<Page> {
    const page = this.pages.get(view.who) ?? (await this.newPage(view.who));
    await prepareVariant(page, variant);
    await view.open(page, this.stored);
    return page;
  }

  /** Undoes what showing a view has left. */
  async leave({ who, leave }: View): Promise<void> {
    const page = this.pages.get(who);
    if (page) await leave?.(page);
  }

  async close(): Promise<void> {
    for (const [who, page] of this.pages) await (who === 'visitor' ? page.context().close() : page.close());
    this.pages.clear();
  }

  private async newPage(who: View['who']): Promise<Page> {
    const browser: Browser = this.system.browser;
    const context = who === 'visitor' ? await browser.newContext({ baseURL: this.system.baseUrl }) : this.administrator;
    const page = await context.newPage();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    page.setDefaultTimeout(15_000);
    await noteOpeners(page);
    await page.goto('/');
    this.pages.set(who, page);
    return page;
  }
}

/**
 * What is wrong with how a view is shown.
 *
 * @param all every other theme is judged too: those of colours need not be seen twice
 */
export async function judgeLook(page: Page, { theme }: Variant, all = false): Promise<string[]> {
  return [
    ...(theme === 'light' || !all ? await violations(page) : []),
    ...(theme === 'contrast' ? await violationsOfContrast(page) : []),
    ...(await beyondTheEdge(page)).map((element) => `beyond the edge: ${element}`),
    ...(await layoutFaults(page)),
  ];
}

/** What is wrong with the way of the keyboard through a view, and out of it. */
export async function judgeKeys(page: Page, view: View): Promise<string[]> {
  return [...(await walk(page, view)), ...(view.isAbove ? await closeByEscape(page) : [])].map(
    (fault) => `by keyboard: ${fault}`,
  );
}

/** What is wrong with the way of the keyboard through a view. */
export async function walk(page: Page, { isAbove, isNotWalked }: View): Promise<string[]> {
  if (isNotWalked) return [];
  return isAbove === 'menu' ? walkByArrows(page) : walkByTab(page);
}
