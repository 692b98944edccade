import type { Page } from '@playwright/test';

/** What a step of a walk found, by the place of its element among those that Tab should reach. */
interface Stop {
  /** -1: something else has the focus; undefined: nothing has. */
  at: number | undefined;
  name: string;
  faults: string[];
  /** A browser makes what scrolls reachable by itself. */
  scrolls?: boolean;
}

declare global {
  interface Window {
    tabWalk?: { names: string[]; stops: Stop[]; all: readonly Element[]; ended: AbortController };
  }
}

/**
 * Walks by Tab through the page, or through the window that lies above it. Tab must reach each control once, in the order in which it is read, show
 * where it is, and neither lose the focus nor keep it.
 *
 * @returns what is wrong
 */
export async function walkByTab(page: Page): Promise<string[]> {
  const count = await page.evaluate(prepareWalk);
  // One more, to see that the walk leaves the last one.
  for (let step = 0; step <= count; step++) await page.keyboard.press('Tab');
  const between = await page.evaluate(() => window.tabWalk!.stops.filter(({ scrolls }) => scrolls).length);
  for (let step = 0; step < between; step++) await page.keyboard.press('Tab');
  const { names, seen, gone } = await page.evaluate(() => {
    const { names, stops, all, ended } = window.tabWalk!;
    ended.abort();
    return { names, seen: stops, gone: all.flatMap((element, at) => (element.isConnected ? [] : at)) };
  });
  const stops = seen.filter(({ scrolls }) => !scrolls);
  const faults = seen.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`));
  const reached = new Map<number, number>();
  let before = -1;
  // What is gone when others have the focus, such as the way to the end of a text, is not missed.
  for (const { at, name } of stops.slice(0, count - gone.length)) {
    if (at === undefined) faults.push(`the focus is lost after ${names[before] ?? 'the beginning'}`);
    if (at === undefined || at === -1) continue;
    reached.set(at, (reached.get(at) ?? 0) + 1);
    if (at < before) faults.push(`${name} comes after ${names[before]}, which follows it`);
    before = at;
  }
  names.forEach((name, at) => {
    const times = reached.get(at) ?? 0;
    if (times === 0 && !gone.includes(at)) faults.push(`${name} is not reached`);
    if (times > 1) faults.push(`${name} is reached ${times} times`);
  });
  const last = stops[count];
  if (count > 1 && last?.at === count - 1) faults.push(`${last.name} keeps the focus`);
  return [...new Set(faults)];
}

/** Moves by ArrowDown through an open menu: each item once, and from the last to the first. */
export async function walkByArrows(page: Page): Promise<string[]> {
  const focused = () =>
    page.evaluate(() => {
      const all = [...document.querySelectorAll('[popover]:popover-open [role=menuitem]')];
      return { at: all.indexOf(document.activeElement!), count: all.length };
    });
  const { at: first, count } = await focused();
  const seen = [first];
  for (let step = 0; step < count; step++) {
    await page.keyboard.press('ArrowDown');
    seen.push((await focused()).at);
  }
  const wanted = [...Array.from({ length: count }, (_, at) => at), 0];
  return count > 0 && seen.join() === wanted.join() ? [] : [`the arrows go to ${seen.join()} of ${count} items`];
}

/** Notes what has the focus whenever something opens above the page, for `closeByEscape`. Call it before the page is opened. */
export async function noteOpeners(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted = window as unknown as { opener: Element | null };
    const { showModal } = HTMLDialogElement.prototype;
    HTMLDialogElement.prototype.showModal = function () {
      noted.opener = document.activeElement;
      showModal.call(this);
    };
    const note = (event: Event) => {
      if ((event as ToggleEvent).newState === 'open') noted.opener = document.activeElement;
    };
    addEventListener('beforetoggle', (event) => (event.target as Element).matches('[popover]') && note(event), true);
  });
}

/** Closes what was opened last, by Escape: the focus is again where it was. */
export async function closeByEscape(page: Page): Promise<string[]> {
  const open = () => page.evaluate(() => document.querySelectorAll('dialog:modal, [popover=auto]:popover-open').length);
  const before = await open();
  await page.keyboard.press('Escape');
  for (let look = 0; look < 100 && (await open()) >= before; look++) await page.waitForTimeout(20);
  if ((await open()) >= before) return ['Escape does not close it'];
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return page.evaluate(() => {
    const { opener } = window as unknown as { opener: Element | null };
    const now = document.activeElement;
    const name = (element: Element | null) => element?.outerHTML.slice(0, 80) ?? 'nothing';
    if (now === opener && now !== document.body) return [];
    // What had it is gone or was the page itself: it must be somewhere all the same.
    const isThere = opener !== null && opener !== document.body && opener.checkVisibility({ visibilityProperty: true });
    if (!isThere && now && now !== document.body) return [];
    if (opener === document.body) return [];
    return [`Escape gives the focus to ${name(now)}, not to ${name(opener)}`];
  });
}

/** Runs in the page: finds what Tab should reach, puts the focus before the first of it, and notes each step. */
function prepareWalk(): number {
  const FOCUSABLE = 'a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable=true]';
  const scope: ParentNode = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document;
  const isFirstRadio = (element: Element) => {
    if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return true;
    const group = [...(element.form ?? document).querySelectorAll<HTMLInputElement>('input[type=radio]')].filter(
      ({ name }) => name === element.name,
    );
    return element === (group.find(({ checked }) => checked) ?? group[0]);
  };
  const all = [...scope.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    (element) =>
      element.tabIndex >= 0 &&
      !element.matches(':disabled, [type=hidden], [popover] *') &&
      !element.closest('[inert]') &&
      (element.tagName !== 'SUMMARY' || element.parentElement?.querySelector('summary') === element) &&
      element.checkVisibility({ visibilityProperty: true }) &&
      isFirstRadio(element),
  );
  const nameOf = (element: Element) => {
    const words =
      element.getAttribute('aria-label') ??
      (element as HTMLInputElement).labels?.[0]?.textContent ??
      element.textContent ??
      '';
    return `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ''} “${words.trim().replace(/\s+/g, ' ').slice(0, 40)}”`;
  };
  const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element: Element | null): string => {
    for (let box = element; box; box = box.parentElement) {
      const { backgroundColor } = getComputedStyle(box);
      if ((channels(backgroundColor)[3] ?? 1) > 0.5) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  /** The element, its field or its row has an outline of two pixels that stands out. */
  const isMarked = (element: Element) => {
    const near = [
      element,
      element.nextElementSibling,
      element.parentElement,
      element.parentElement?.parentElement,
      element.closest('form, label'),
    ];
    return near.some((box) => {
      if (!box) return false;
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(box);
      if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return false;
      const [one, other] = [light(outlineColor), light(ground(box.parentElement))];
      return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) >= 3;
    });
  };
  const isSeen = (element: Element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const places = [0.5, 0.1, 0.9].flatMap((x) =>
      [0.5, 0.1, 0.9].map((y) => [left + (right - left) * x, top + (bottom - top) * y] as const),
    );
    const label = element.closest('label') ?? (element as HTMLInputElement).labels?.[0];
    return places.some(([x, y]) => {
      const hit = document.elementFromPoint(x, y);
      return hit !== null && (element.contains(hit) || hit.contains(element) || label?.contains(hit) === true);
    });
  };
  const groupOf = (element: Element) =>
    element.closest('form, li, tr, header, footer, nav, section, fieldset, [role=group], main, dialog');
  /** An element that follows another one in the same group lies before it. */
  const isBackwards = (from: Element, to: Element) => {
    if (groupOf(from) !== groupOf(to) || from.contains(to) || getComputedStyle(to).position === 'fixed') return false;
    const [one, other] = [from.getBoundingClientRect(), to.getBoundingClientRect()];
    const isMirrored = getComputedStyle(to.parentElement!).direction === 'rtl';
    // It may begin another column.
    const isBeside = isMirrored ? other.right <= one.left + 1 : other.left >= one.right - 1;
    if (other.bottom <= one.top + 1) return !isBeside;
    const isSameLine = other.top < one.bottom - 2 && one.top < other.bottom - 2;
    return isSameLine && (isMirrored ? other.left >= one.right : other.right <= one.left);
  };
  const stops: Stop[] = [];
  let before: Element | null = null;
  const note = () => {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) {
      stops.push({ at: undefined, name: 'nothing', faults: [] });
      return;
    }
    const at = all.indexOf(element as HTMLElement);
    const faults: string[] = [];
    if (!isMarked(element)) faults.push('the focus is not seen on it');
    if (!isSeen(element)) faults.push('is out of sight, or covered, when it has the focus');
    if ((element as HTMLElement).tabIndex > 0) faults.push('has a place of its own in the order');
    if (before && all.includes(before as HTMLElement) && at !== -1 && isBackwards(before, element))
      faults.push(`lies before ${nameOf(before)}`);
    const scrolls = element.scrollHeight > element.clientHeight || element.scrollWidth > element.clientWidth;
    if (at === -1 && !scrolls) faults.push('is reached, and should not be');
    stops.push({ at, name: nameOf(element), faults, scrolls: at === -1 && scrolls });
    before = element;
  };
  // The focus has moved when the key is up.
  window.tabWalk?.ended.abort();
  const ended = new AbortController();
  window.tabWalk = { names: all.map(nameOf), stops, all, ended };
  addEventListener('keyup', ({ key }) => key === 'Tab' && note(), { capture: true, signal: ended.signal });
  const start = (scope instanceof Element ? scope : document.body) as HTMLElement;
  const own = start.getAttribute('tabindex');
  start.tabIndex = -1;
  start.focus();
  if (own === null) start.removeAttribute('tabindex');
  return all.length;
}
