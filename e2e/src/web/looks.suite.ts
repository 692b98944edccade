import type { BrowserContext, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beyondTheEdgeEnlarged } from '../support/page-checks';
import { layoutFaults } from '../support/page-layout';
import { walkByTab } from '../support/tab-walk';
import { judgeKeys, judgeLook, Viewer } from './looks/judge';
import { storeForViews } from './looks/stored';
import { pairwiseVariants, shortVariant, type Variant, variantName, WIDTHS } from './looks/variants';
import { type View, VIEWS } from './looks/views';
import type { PageSystem } from './page-system';

/** The short form of `npm run looks`: one way of each view but those of the administration, which its own tests judge. */
const SHORT = VIEWS.filter(({ isLongOnly }) => !isLongOnly).flatMap((view, number): [View, Variant][] => {
  const ways = view.name === 'chat' ? pairwiseVariants(number) : [shortVariant(number)];
  return ways.map((variant) => [view, variant]);
});

/** Views that have every kind of control between them, and are walked through by keyboard. */
const WALKED = [
  'welcome',
  'chat',
  'edit',
  'menu',
  'source',
  'palette',
  'settings',
  'parameters',
  'new-source',
  'sign-in',
];

export function looks(system: PageSystem): void {
  describe('every view', () => {
    let context: BrowserContext;
    let viewer: Viewer;

    beforeAll(async () => {
      context = await system.administrator();
      viewer = new Viewer(system, context, await storeForViews(context));
    });

    afterAll(async () => {
      await viewer?.close();
      await context?.close();
    });

    it.each(WIDTHS)(
      '%i pixels wide: is whole, has enough contrast, names and roles for all, and a way by keyboard',
      async (width) => {
        const faults: string[] = [];
        for (const [view, variant] of SHORT) {
          if (variant.width !== width) continue;
          const page = await viewer.show(view, variant);
          const found = [
            ...(await judgeLook(page, variant)),
            ...(width === 390 ? await beyondTheEdgeEnlarged(page) : []),
            ...(WALKED.includes(view.name) ? await judgeKeys(page, view) : []),
          ];
          faults.push(...found.map((fault) => `${view.name} ${variantName(variant)}: ${fault}`));
          await viewer.leave(view);
        }
        expect(faults).toEqual([]);
      },
    );
  });

  describe('the judges of views', () => {
    let page: Page;

    beforeAll(async () => {
      page = await system.browser.newPage();
    });

    afterAll(() => page?.close());

    it('see text that is cut off, controls that cover each other, and a page that scrolls sideways', async () => {
      await page.setContent(`<main style="overflow: auto; width: 20rem">
        <p style="width: 3rem; overflow: hidden; white-space: nowrap">Cut off at its end</p>
        <p style="width: 3rem; overflow: hidden; white-space: nowrap; text-overflow: ellipsis">It says so itself</p>
        <p style="width: 3rem; overflow: auto; white-space: nowrap">It can be scrolled to</p>
        <p style="height: 0.5rem; overflow: hidden">Half a line</p>
        <button style="width: 3rem; white-space: nowrap">Wider than it</button>
        <input placeholder="A hint that is longer than its field" style="width: 4rem" aria-label="Field">
        <div style="position: relative; height: 2rem">
          <button style="position: absolute; left: 0; width: 5rem">Below</button><button style="position: absolute; left: 1rem">Above</button>
        </div>
        <div style="width: 40rem">Wide</div></main>`);
      expect((await layoutFaults(page)).map((fault) => fault.replace(/ by [^]*| is covered[^]*/, ''))).toEqual([
        'cut off: “Cut off at its end”',
        'cut off: “Half a line”',
        'wider than its button: “Wider than it”',
        'cut off in its field: “A hint that is longer than its field”',
        'button “Below”',
        'scrolls sideways',
      ]);
    });

    it('see a focus that is hidden, out of order, covered, lost or kept', async () => {
      const walk = async (content: string) => {
        await page.setContent(`<style>:focus { outline: 3px solid blue }</style><main>${content}</main>`);
        return walkByTab(page);
      };
      expect(
        await walk(
          '<button>One</button> <a href="#">Two</a> <input type="radio" name="a"><input type="radio" name="a">',
        ),
      ).toEqual([]);
      expect(await walk('<button>One</button><button style="outline: none">Two</button>')).toEqual([
        'button “Two”: the focus is not seen on it',
      ]);
      expect(await walk('<button style="float: right">One</button><button>Two</button>')).toEqual([
        'button “Two”: lies before button “One”',
      ]);
      expect((await walk('<button>One</button><button tabindex="1">Two</button>')).join()).toContain(
        'a place of its own',
      );
      expect(
        await walk(
          '<button>One</button><button>Two</button><div style="position: fixed; inset: 0; background: #fff"></div>',
        ),
      ).toContain('button “Two”: is out of sight, or covered, when it has the focus');
      expect(
        await walk('<button>One</button><button onfocus="this.blur()">Two</button><button>Three</button>'),
      ).toContain('button “Two” is not reached');
      expect(
        await walk('<button>One</button><button onkeydown="event.preventDefault()">Two</button><button>Three</button>'),
      ).toContain('button “Three” is not reached');
    });
  });
}
