import { useCallback, useEffect, useState } from 'react';
import { COLOURS, type Colours } from '../sandbox/protocol';
import { useLook } from '../ui/theme';
import { DiagramFrame, type Drawing } from './diagram-frame';

const FRAME = new DiagramFrame('/sandbox/diagram.html');

/** The page's own names of the colours of a diagram. */
const VARIABLES: Readonly<Record<keyof Colours, string>> = {
  ground: '--background',
  surface: '--surface',
  text: '--text',
  muted: '--muted',
  line: '--line-strong',
  accent: '--accent',
  wash: '--wash',
};

/**
 * The picture of a diagram in the colours of the page; undefined until there is one. With other colours the last one stays until the next is there.
 *
 * @returns also a function that tries again; undefined while it is drawn
 */
export function useDrawing(source: string): [Drawing | undefined, again: (() => void) | undefined] {
  const { theme, contrast } = useLook();
  const [drawing, setDrawing] = useState<Drawing>();
  const [isDrawing, setIsDrawing] = useState(true);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    const look = { dark: theme === 'dark', colours: shownColours() };
    setIsDrawing(true);
    void FRAME.draw(source, look, abort.signal).then((done) => {
      if (abort.signal.aborted) return;
      setDrawing(done);
      setIsDrawing(false);
    });
    return () => abort.abort();
  }, [source, theme, contrast, attempt]);
  const again = useCallback(() => setAttempt((last) => last + 1), []);
  return [drawing, isDrawing ? undefined : again];
}

/** The ground that a saved picture gets. */
export function shownGround(): string {
  return shownColours().ground;
}

function shownColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    COLOURS.map((name) => [name, inFull(style.getPropertyValue(VARIABLES[name]).trim())]),
  ) as unknown as Colours;
}

/** A build shortens `#ffffff` to `#fff`. */
function inFull(colour: string): string {
  return colour.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
}
