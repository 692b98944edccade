import type { Page } from '@playwright/test';

/** What a page showed while processes died. */
export interface Seen {
  /** Words about its line, or errors, each with when they appeared (epoch milliseconds). */
  said: { words: string; at: number }[];
  /** The last answer was shorter for a moment, or another text. */
  torn: string[];
}

/**
 * Watches the last answer of a page, and what the page says beside it.
 *
 * @returns the function that tells what was seen until now
 */
export async function watchSeam(page: Page): Promise<() => Promise<Seen>> {
  await page.evaluate(() => {
    const seen: Seen = { said: [], torn: [] };
    let shown = '';
    const look = () => {
      const text = [...document.querySelectorAll('.message-assistant')].at(-1)?.querySelector('.markdown')?.textContent;
      if (!(text ?? '').startsWith(shown)) seen.torn.push(`${shown} → ${text}`);
      shown = text ?? '';
      for (const { textContent } of document.querySelectorAll('[role=status], [role=alert], .chat-problem')) {
        const words = textContent.trim();
        const isNews = words !== '' && !words.startsWith('The answer') && seen.said.at(-1)?.words !== words;
        if (isNews) seen.said.push({ words, at: Date.now() });
      }
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    Object.assign(window, { seen });
  });
  return () => page.evaluate(() => (window as unknown as { seen: Seen }).seen);
}
