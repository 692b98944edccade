import { type ReactNode, useLayoutEffect, useRef } from 'react';

/** A row that scrolls sideways where it is too long, and fades at the edges behind which there is more of it. */
export function EdgeFade({ children }: { children: ReactNode }) {
  const row = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const shown = row.current;
    if (!shown) return;
    const look = () => {
      // From right to left the way from the beginning is negative.
      const before = Math.abs(shown.scrollLeft);
      const after = shown.scrollWidth - shown.clientWidth - before;
      shown.dataset.fades = [before > 1 && 'start', after > 1 && 'end'].filter(Boolean).join(' ');
    };
    const observer = new ResizeObserver(look);
    observer.observe(shown);
    for (const child of shown.children) observer.observe(child);
    shown.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      shown.removeEventListener('scroll', look);
    };
  }, []);
  return (
    <div ref={row} className="edge-fade">
      {children}
    </div>
  );
}
