import type { BrowserContext } from '@playwright/test';
import { violations } from '../../support/page-checks';
import { walk } from '../../web/looks/judge';
import { storeForViews } from '../../web/looks/stored';
import { VIEWS } from '../../web/looks/views';
import type { Figures } from './tools';

/** Violations of accessibility over all pages and open states, in light and dark, and pages without a way by keyboard. */
export async function access(context: BrowserContext, baseURL: string): Promise<Figures> {
  const stored = await storeForViews(context);
  const visitor = await context.browser()!.newContext({ baseURL });
  const pages = { administrator: await context.newPage(), visitor: await visitor.newPage() };
  let [axe, closed] = [0, 0];
  const judged = VIEWS.filter(({ needsModels }) => !needsModels);
  for (const view of judged) {
    const page = pages[view.who ?? 'administrator'];
    await view.open(page, stored);
    const found = await violations(page);
    const lost = await walk(page, view);
    for (const fault of [...found, ...lost]) console.log(`${view.name}: ${fault}`);
    axe += found.length;
    closed += lost.length > 0 ? 1 : 0;
    await view.leave?.(page);
  }
  await visitor.close();
  await pages.administrator.close();
  return { axe, pages_without_keys: closed, pages_judged: judged.length };
}
