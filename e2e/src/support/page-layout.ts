import type { Page } from '@playwright/test';

/** What is wrong with the layout of what is shown: cut-off text, controls that cover each other, and pages that scroll sideways. */
export async function layoutFaults(page: Page): Promise<string[]> {
  const found = await Promise.all([cutTexts(page), coveredControls(page), sidewaysPages(page)]);
  return found.flat();
}

/** Text that a box cuts off without an ellipsis, a fade or a way to scroll to it; also in fields that show a hint or a choice. */
function cutTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    /** A glyph may reach a little over its box. */
    const SIDEWAYS = 1.5;
    const UPWARDS = 4;
    const faults = new Set<string>();
    const clips = (value: string) => value === 'hidden' || value === 'clip';
    const scrolls = (value: string) => value === 'auto' || value === 'scroll';
    const isCut = (text: DOMRect, from: Element): boolean => {
      let [along, down] = [true, true];
      let isAbsolute = getComputedStyle(from).position === 'absolute';
      for (let box: Element | null = from; box && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (isAbsolute && box !== from && style.position === 'static') continue;
        const { left, right, top, bottom } = box.getBoundingClientRect();
        if (scrolls(style.overflowX)) along = false;
        if (scrolls(style.overflowY)) down = false;
        const isTold = style.textOverflow === 'ellipsis' || style.maskImage !== 'none' || style.clipPath !== 'none';
        const isFolded = style.webkitLineClamp !== 'none' || isTold;
        if (clips(style.overflowX) && isTold) along = false;
        if (clips(style.overflowY) && isFolded) down = false;
        if (along && clips(style.overflowX) && (text.right > right + SIDEWAYS || text.left < left - SIDEWAYS))
          return true;
        if (down && clips(style.overflowY) && (text.bottom > bottom + UPWARDS || text.top < top - UPWARDS)) return true;
        if (style.position === 'fixed') return false;
        if (style.position === 'absolute') isAbsolute = true;
        else if (style.position === 'relative' || style.position === 'sticky') isAbsolute = false;
      }
      return false;
    };
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true });
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      const words = node.textContent?.trim() ?? '';
      if (words === '' || !parent || parent.closest('script, style, textarea, select, svg, .katex')) continue;
      if (!isShown(parent) || parent.closest('.visually-hidden')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      if ([...range.getClientRects()].some((rect) => rect.width > 0 && isCut(rect, parent)))
        faults.add(`cut off: “${words.slice(0, 60)}”`);
    }
    for (const button of document.querySelectorAll<HTMLElement>('button, .button')) {
      if (!isShown(button) || button.closest('.visually-hidden')) continue;
      if (button.scrollWidth > button.clientWidth + SIDEWAYS && getComputedStyle(button).overflowX === 'visible')
        faults.add(`wider than its button: “${button.textContent?.trim().slice(0, 60)}”`);
    }
    const brush = document.createElement('canvas').getContext('2d')!;
    for (const field of document.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')) {
      const isChoice = field instanceof HTMLSelectElement;
      const words = isChoice ? (field.selectedOptions[0]?.text ?? '') : field.value === '' ? field.placeholder : '';
      if (words === '' || !isShown(field) || field.closest('.visually-hidden')) continue;
      const style = getComputedStyle(field);
      brush.font = style.font;
      const arrow = isChoice && style.appearance !== 'none' ? 16 : 0;
      const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - arrow;
      if (brush.measureText(words).width > room + SIDEWAYS && style.textOverflow !== 'ellipsis')
        faults.add(`cut off in its field: “${words.slice(0, 60)}”`);
    }
    return [...faults];
  });
}

/** Controls that cannot be pressed in their middle, because something else lies there. What lies above the whole page may cover it. */
function coveredControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const CONTROLS =
      'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=option], [role=menuitem], [role=switch]';
    const ABOVE = 'dialog, [popover], .scrim, .toasts, .skip-link, .more-below, .banner, .connection';
    const name = (element: Element) =>
      `${element.tagName.toLowerCase()} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40)}”`;
    const layer = [...document.querySelectorAll('dialog:modal, [popover]:popover-open')].at(-1) ?? document.body;
    const faults: string[] = [];
    for (const control of layer.querySelectorAll(CONTROLS)) {
      const style = getComputedStyle(control);
      const isShown = control.checkVisibility({
        visibilityProperty: true,
        opacityProperty: true,
        contentVisibilityAuto: true,
      });
      if (!isShown || style.pointerEvents === 'none' || control.closest('[inert], .visually-hidden, .skip-link'))
        continue;
      const rect = control.getClientRects()[0];
      if (!rect) continue;
      let { left, right, top, bottom } = rect;
      for (let box = control.parentElement; box; box = box.parentElement) {
        if (getComputedStyle(box).overflow === 'visible') continue;
        const view = box.getBoundingClientRect();
        [left, right] = [Math.max(left, view.left), Math.min(right, view.right)];
        [top, bottom] = [Math.max(top, view.top), Math.min(bottom, view.bottom)];
      }
      [left, right, top, bottom] = [
        Math.max(left, 0),
        Math.min(right, innerWidth),
        Math.max(top, 0),
        Math.min(bottom, innerHeight),
      ];
      // A part that is scrolled away shows nothing of how it lies.
      if (right - left < rect.width * 0.9 || bottom - top < rect.height * 0.9 || rect.width < 2) continue;
      for (const share of [0.2, 0.5, 0.8]) {
        const hit = document.elementFromPoint(left + (right - left) * share, (top + bottom) / 2);
        if (!hit || control.contains(hit) || hit.contains(control)) continue;
        if (hit.closest('label')?.contains(control) || (layer === document.body && hit.closest(ABOVE))) continue;
        const other = hit.closest(CONTROLS);
        // At its sides, actions may lie over the end of a row.
        if (share !== 0.5 && !other) continue;
        faults.push(`${name(control)} is covered by ${name(other ?? hit)}`);
        break;
      }
    }
    return [...new Set(faults)];
  });
}

/** Pages, windows and conversations that scroll sideways as a whole. */
function sidewaysPages(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('html, main, dialog, .dialog-body, [role=log], [role=menu], #sidebar, .chat-list')]
      .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
      .filter((box) => !/hidden|clip/.test(getComputedStyle(box).overflowX))
      .map(
        (box) =>
          `scrolls sideways by ${box.scrollWidth - box.clientWidth} px: ${(box.cloneNode() as Element).outerHTML.slice(0, 80)}`,
      ),
  );
}
