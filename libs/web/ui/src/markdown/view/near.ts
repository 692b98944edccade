import { type RefObject, useEffect, useState } from 'react';

/** Before it comes into view, where the browser can look that far. */
const MARGIN = '600px';

const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

function watch(element: Element, onNear: () => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) waiting.get(target)?.();
    },
    // `scrollMargin` is not in TypeScript's DOM: what lies in a part that scrolls is cut off without it.
    { rootMargin: MARGIN, scrollMargin: MARGIN } as IntersectionObserverInit,
  );
  waiting.set(element, onNear);
  observer.observe(element);
  return () => {
    waiting.delete(element);
    observer?.unobserve(element);
  };
}

/** Whether an element has been near the view. */
export function useNear(element: RefObject<Element | null>, onNear?: (isNear: true) => void): boolean {
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    if (isNear || !element.current) return;
    return watch(element.current, () => {
      setIsNear(true);
      onNear?.(true);
    });
  }, [element, isNear, onNear]);
  return isNear;
}
