import { useEffect, useRef } from 'react';

interface CloseWatcher extends EventTarget {
  destroy(): void;
}

/** Not in every browser; not in TypeScript's DOM either. */
const Watcher = (globalThis as { CloseWatcher?: new () => CloseWatcher }).CloseWatcher;

/**
 * Closes what lies above the page when the reader asks the browser to: "back" of a phone, or Escape wherever the focus is. Dialogs and popovers of the
 * browser have it by themselves. Where it is missing, the page's own controls close it.
 */
export function useCloseRequest(open: boolean, onClose: () => void): void {
  const latest = useRef(onClose);
  useEffect(() => {
    latest.current = onClose;
  });
  useEffect(() => {
    if (!open || !Watcher) return;
    const watcher = new Watcher();
    watcher.addEventListener('close', () => latest.current());
    return () => watcher.destroy();
  }, [open]);
}
