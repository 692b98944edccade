import type { Store } from '../../state/store';

/** Messages this near to the view are shown in full, in pixels. */
const WARM_WITHIN = 1_500;
/** Those of groups beyond this distance are plain text again. */
const COLD_BEYOND = 6_000;

/**
 * Which messages of a long chat are shown in full ("warm"), and which are one element with plain text ("cold"): the browser finds and selects their
 * words all the same. The distance to the view decides, with room between both limits, so that nothing alternates.
 */
export class Warmth {
  private readonly rows = new WeakMap<Element, Store<boolean>>();
  private readonly groups = new Set<HTMLElement>();
  /** Groups within the farther limit: only their rows are observed. */
  private readonly inRange = new Set<Element>();
  private near: IntersectionObserver | undefined;
  private range: IntersectionObserver | undefined;

  /** Takes the element that scrolls; for a `ref`. Rows and groups were there before. */
  readonly takeView = (view: HTMLElement): (() => void) => {
    const observe = (within: number, seen: (entry: IntersectionObserverEntry) => void) =>
      new IntersectionObserver((entries) => entries.forEach(seen), { root: view, rootMargin: `${within}px 0px` });
    this.near = observe(WARM_WITHIN, ({ target, isIntersecting }) => {
      if (isIntersecting) this.rows.get(target)?.set(true);
    });
    this.range = observe(COLD_BEYOND, ({ target, isIntersecting }) => {
      if (isIntersecting) this.enter(target);
      else this.leave(target);
    });
    for (const group of this.groups) this.range.observe(group);
    return () => {
      this.near?.disconnect();
      this.range?.disconnect();
      // Groups of the next view come before it. To observers of this one they would be out of range for good.
      this.near = this.range = undefined;
      this.inRange.clear();
    };
  };

  /** Takes a group of rows; for a `ref`. */
  readonly takeGroup = (group: HTMLElement | null): (() => void) | undefined => {
    if (!group) return;
    this.groups.add(group);
    this.range?.observe(group);
    return () => {
      this.groups.delete(group);
      this.inRange.delete(group);
      this.range?.unobserve(group);
    };
  };

  /** Takes a row, and whether it is warm. */
  takeRow(row: HTMLElement, warm: Store<boolean>): () => void {
    this.rows.set(row, warm);
    if (row.parentElement && this.inRange.has(row.parentElement)) this.near?.observe(row);
    return () => this.near?.unobserve(row);
  }

  private enter(group: Element): void {
    this.inRange.add(group);
    for (const row of group.children) this.near?.observe(row);
  }

  private leave(group: Element): void {
    if (!this.inRange.delete(group)) return;
    const selection = getSelection();
    for (const row of group.children) {
      this.near?.unobserve(row);
      if (!isHeld(row, selection)) this.rows.get(row)?.set(false);
    }
  }
}

/** What is written, edited, focused or selected must not be taken away. */
function isHeld(row: Element, selection: Selection | null): boolean {
  const { editing } = (row as HTMLElement).dataset;
  const isBusy = row.getAttribute('aria-busy') === 'true' || editing !== undefined;
  const isSelected = selection !== null && !selection.isCollapsed && selection.containsNode(row, true);
  return isBusy || isSelected || row.contains(document.activeElement);
}
