import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { useCloseRequest } from '../ui/close-request';

/** There the list of chats is a drawer; as in `layout.css`. */
export const NARROW = '(max-width: 48rem)';

interface Drawer {
  /** What is behind it must be inert. */
  open: boolean;
  setOpen: (open: boolean) => void;
  button: RefObject<HTMLButtonElement | null>;
  drawer: RefObject<HTMLElement | null>;
}

/**
 * The list of chats as a drawer above the page. It takes the focus, and gives it back to its button. Escape and "back" close it, and so does a
 * window that becomes wide, where the list is beside the page.
 */
export function useDrawer(): Drawer {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const drawer = useRef<HTMLElement>(null);
  const close = useCallback(() => setOpen(false), []);
  useCloseRequest(open, close);
  useLayoutEffect(() => {
    const element = drawer.current;
    if (!open || !element) return;
    element.querySelector('a')?.focus();
    const narrow = matchMedia(NARROW);
    narrow.addEventListener('change', close);
    return () => {
      narrow.removeEventListener('change', close);
      // What has it elsewhere, such as a window that was opened from the drawer, keeps it.
      const { activeElement: focused } = document;
      if (element.contains(focused) || focused === document.body) button.current?.focus();
    };
  }, [open, close]);
  return { open, setOpen, button, drawer };
}
