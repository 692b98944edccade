import { useEffect, useRef } from 'react';

interface CloseWatcher extends EventTarget {
  destroy(): void;
}

/** Not in every browser; not in TypeScript's DOM either. */
const Watcher = (globalThis as { CloseWatcher?: new () => CloseWatcher }).CloseWatcher;

/** What Escape closes first. */
const ABOVE = 'dialog:modal, [popover=auto]:popover-open';

/**
 * Closes what lies above the page when the reader asks for it: by "back" of a phone, where the browser tells of it, or by Escape, wherever the focus
 * is. Dialogs and popovers of the browser have both by themselves.
 */
export function useCloseRequest(open: boolean, onClose: () => void): void {
  const latest = useRef(onClose);
  useEffect(() => {
    latest.current = onClose;
  });
  useEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing || document.querySelector(ABOVE)) return;
      // It does not stop an answer too.
      event.preventDefault();
      event.stopPropagation();
      latest.current();
    };
    addEventListener('keydown', onKey, true);
    const watcher = Watcher && new Watcher();
    watcher?.addEventListener('close', () => latest.current());
    return () => {
      removeEventListener('keydown', onKey, true);
      watcher?.destroy();
    };
  }, [open]);
}
