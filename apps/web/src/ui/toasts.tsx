import { useEffect, useRef } from 'react';
import { t } from '../messages';
import { Store, useStore } from '../state/store';

export interface Toast {
  key: string;
  text: string;
  /** What can be done about it; choosing it ends the toast. */
  action?: { name: string; run: () => void };
}

const TOASTS = new Store<readonly Toast[]>([]);

/** Shows a short message above everything, in the place of one with the same key. */
export function showToast(toast: Toast): void {
  TOASTS.set([...TOASTS.get().filter(({ key }) => key !== toast.key), toast]);
}

export function endToast(key: string): void {
  TOASTS.set(TOASTS.get().filter((toast) => toast.key !== key));
}

/** The short messages. What can be undone has the focus, because what was acted on is gone. */
export function Toasts() {
  const toasts = useStore(TOASTS);
  const area = useRef<HTMLDivElement>(null);
  const newest = toasts.at(-1);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    // Shown anew, so that they also lie above a dialog that was opened since.
    element.hidePopover();
    if (!newest) return;
    element.showPopover();
    if (newest.action) element.querySelector<HTMLElement>('li:last-child button')?.focus();
  }, [newest]);
  return (
    <div ref={area} className="toasts" popover="manual" role="status" aria-live="polite">
      <ul>
        {toasts.map(({ key, text, action }) => (
          <li key={key}>
            <span dir="auto">{text}</span>
            {action && (
              <button
                type="button"
                className="button button-quiet button-small"
                onClick={() => {
                  endToast(key);
                  action.run();
                }}
              >
                {action.name}
              </button>
            )}
            <button type="button" className="toast-close" aria-label={t('action.close')} onClick={() => endToast(key)}>
              ×
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
