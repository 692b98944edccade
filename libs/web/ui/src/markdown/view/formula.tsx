import { type ReactNode, useLayoutEffect, useRef, useSyncExternalStore } from 'react';
import type { MathToken } from '../lex/extensions';

type Katex = (typeof import('katex'))['default'];

/** KaTeX with its styles, which are loaded with the first formula that is shown. */
class LazyKatex {
  private katex: Katex | undefined;
  private loading = false;
  private readonly listeners = new Set<() => void>();

  readonly get = (): Katex | undefined => this.katex;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (!this.loading) this.load();
    return () => this.listeners.delete(listener);
  };

  private load(): void {
    this.loading = true;
    Promise.all([import('katex'), import('katex/dist/katex.min.css')]).then(
      ([{ default: katex }]) => {
        this.katex = katex;
        for (const listener of this.listeners) listener();
      },
      // The source is shown; the next formula tries again.
      () => (this.loading = false),
    );
  }
}

const KATEX = new LazyKatex();

/** A formula; its source until KaTeX is there, if it is not complete, or if it cannot be read. */
export function Formula({ token }: { token: MathToken }): ReactNode {
  const katex = useSyncExternalStore(KATEX.subscribe, KATEX.get, KATEX.get);
  if (katex === undefined || !token.closed) return <Source token={token} />;
  return <Rendered key={token.text} token={token} katex={katex} />;
}

function Source({ token }: { token: MathToken }): ReactNode {
  return (
    <code className={token.display ? 'math-source math-display' : 'math-source'} dir="ltr">
      {token.text}
    </code>
  );
}

/** Its element is filled with nodes: the page's policy allows no styles in HTML, and those of elements. MathML is for screen readers. */
function Rendered({ token: { text, display }, katex }: { token: MathToken; katex: Katex }): ReactNode {
  const shown = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = shown.current;
    if (!element) return;
    try {
      katex.render(text, element, {
        displayMode: display,
        throwOnError: true,
        strict: false,
        maxExpand: 500,
        maxSize: 50,
      });
    } catch {
      element.textContent = text;
      element.classList.add('math-source');
    }
  }, [text, display, katex]);
  return <span ref={shown} className={display ? 'math math-display' : 'math'} dir="ltr" />;
}
