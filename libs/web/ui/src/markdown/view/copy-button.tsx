import { type ReactNode, useContext, useEffect, useState } from 'react';
import { copyToClipboard } from '../copy/clipboard';
import { MarkdownPartsContext } from './parts';

/** Time that the button says what came of it, in milliseconds. */
const SAID_FOR_MS = 2_000;

interface CopyButtonProps {
  /** Asked for when it is pressed. */
  what: () => { text: string; html?: string };
  className?: string;
  /** Without it the button shows its words. */
  icon?: (copied: boolean) => ReactNode;
}

/** Copies something, and says for a moment whether that worked. */
export function CopyButton({ what, className, icon }: CopyButtonProps): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  const [result, setResult] = useState<'copied' | 'notCopied' | 'copying'>();
  useEffect(() => {
    if (result === undefined || result === 'copying') return;
    const timer = setTimeout(() => setResult(undefined), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = async () => {
    const { text, html } = what();
    // What tells it to people who cannot see it must be there before its words.
    setResult('copying');
    setResult((await copyToClipboard(text, html)) ? 'copied' : 'notCopied');
  };
  const said = result === undefined || result === 'copying' ? undefined : words[result];
  const name = said ?? words.copy;
  return (
    <>
      <button
        type="button"
        className={className}
        aria-label={icon && name}
        title={icon && name}
        onClick={() => void copy()}
      >
        {icon ? icon(result === 'copied') : name}
      </button>
      {result !== undefined && (
        <span className="visually-hidden" role="status">
          {said}
        </span>
      )}
    </>
  );
}
