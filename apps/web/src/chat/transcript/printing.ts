import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import { Store } from '../../state/store';

/** The chat is being printed: all of its messages are shown in full, also those far from the view. */
export const PRINTING = new Store(false);

/** Shows everything while the browser prints, whoever asked for it. */
export function usePrinting(): void {
  useEffect(() => {
    const begin = () => flushSync(() => PRINTING.set(true));
    const end = () => PRINTING.set(false);
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', end);
    return () => {
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', end);
      end();
    };
  }, []);
}

/** Prints the shown chat, whose messages are all here, when its pictures are. */
export async function print(): Promise<void> {
  PRINTING.set(true);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const pictures = [...document.querySelectorAll<HTMLImageElement>('.messages img')];
  await Promise.allSettled([document.fonts.ready, ...pictures.map((picture) => picture.decode())]);
  window.print();
  // A browser that cannot print says nothing.
  PRINTING.set(false);
}
