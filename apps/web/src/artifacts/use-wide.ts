import { useSyncExternalStore } from 'react';

/** There is room for a panel beside the chat; as in `artifacts.css`. */
const WIDE = '(min-width: 68.75rem)';

const subscribe = (listener: () => void): (() => void) => {
  const query = matchMedia(WIDE);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
};

/** Whether the panel is beside the chat, or above it. */
export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(WIDE).matches);
}
