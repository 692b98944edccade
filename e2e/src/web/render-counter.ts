import type { Page } from '@playwright/test';

/** The part of a fiber of React that tells whether its component ran. */
interface Fiber {
  tag: number;
  flags: number;
  alternate: Fiber | null;
  child: Fiber | null;
  sibling: Fiber | null;
  stateNode: unknown;
}

interface Renders {
  /** Of blocks that were final, by the text of the block. That a block of code gets its colours, once its worker has found them, is not among them. */
  finalBlocks: string[];
  /** Of messages other than the last. */
  otherMessages: number;
  commits: number;
}

declare global {
  interface Window {
    renders: Renders;
    __REACT_DEVTOOLS_GLOBAL_HOOK__: unknown;
  }
}

/**
 * Counts in the page that is delivered, not in a build of its own: React tells developers' tools of each commit, and marks the components that
 * ran in it. Call it before the page is opened; `window.renders` has the counts.
 */
export async function countRenders(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const FUNCTIONS = new Set([0, 14, 15]);
    const HOST = 5;
    const RAN = 1;
    /** Blocks at the end of an answer that may still change. */
    const OPEN_BLOCKS = 2;
    /** Blocks of each text before the commit. */
    const blocks = new WeakMap<Element, number>();
    /** Coloured pieces of each block before the commit. */
    const colours = new WeakMap<Element, number>();
    const coloursOf = (block: Element) => block.querySelectorAll('pre span span').length;
    const renders: Renders = { finalBlocks: [], otherMessages: 0, commits: 0 };
    window.renders = renders;

    const hostOf = (fiber: Fiber): Element | undefined => {
      for (let at: Fiber | null = fiber; at; at = at.child) if (at.tag === HOST) return at.stateNode as Element;
      return undefined;
    };
    const note = (fiber: Fiber): void => {
      const element = hostOf(fiber);
      const message = element?.closest('[aria-label="Messages"] > li');
      if (message?.nextElementSibling) renders.otherMessages += 1;
      const block = element?.closest('.markdown > *');
      const text = block?.parentElement;
      // A component of several components is counted by those that have an element.
      if (!block || !text || fiber.child?.tag !== HOST) return;
      const isFinal = [...text.children].indexOf(block) < (blocks.get(text) ?? 0) - OPEN_BLOCKS;
      if (isFinal && coloursOf(block) === (colours.get(block) ?? 0)) renders.finalBlocks.push(block.textContent);
    };
    const visit = (fiber: Fiber, before: Fiber | null): void => {
      if (before && FUNCTIONS.has(fiber.tag) && (fiber.flags & RAN) !== 0) note(fiber);
      if (before && fiber.child === before.child) return;
      for (let child = fiber.child; child; child = child.sibling) visit(child, child.alternate);
    };
    window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
      supportsFiber: true,
      isDisabled: false,
      renderers: new Map(),
      inject: () => 1,
      onCommitFiberUnmount: () => undefined,
      onCommitFiberRoot: (_: number, root: { current: Fiber }) => {
        renders.commits += 1;
        visit(root.current, root.current.alternate);
        for (const text of document.querySelectorAll('.markdown')) blocks.set(text, text.children.length);
        for (const block of document.querySelectorAll('.markdown > :has(pre)')) colours.set(block, coloursOf(block));
      },
    };
  });
}
