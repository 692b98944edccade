import { useEffect, useState } from 'react';

/** Messages that are shown at once. */
export const FIRST = 60;
/** Further ones in each idle moment. */
const STEP = 40;

/**
 * How many of the newest messages are shown by now: a long chat can be read before all of it is there.
 *
 * @param atLeast so many are shown at once, because the reader was there
 */
export function useGradually(chatId: string | undefined, count: number, atLeast: number): number {
  const [state, setState] = useState({ chatId, shown: FIRST });
  // A new chat gets its id while it is shown.
  const isSame = state.chatId === chatId || state.chatId === undefined;
  const shown = Math.max(atLeast, isSame ? state.shown : FIRST);
  useEffect(() => {
    if (state.chatId !== chatId) setState({ chatId, shown });
    if (shown >= count) return;
    return whenIdle(() => setState({ chatId, shown: shown + STEP }));
  }, [state.chatId, chatId, shown, count]);
  return shown;
}

/** Not every browser tells when it is idle. */
export function whenIdle(run: () => void): () => void {
  if (!('requestIdleCallback' in window)) {
    const timer = setTimeout(run, 50);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(run, { timeout: 500 });
  return () => cancelIdleCallback(handle);
}
