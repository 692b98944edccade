import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { t } from '../../messages';
import { Icon } from '../../ui/icon';
import { useShortcut } from '../../ui/shortcuts';

/** Above the selection, in pixels. */
const ABOVE = 44;
/** From the edges of the page, in pixels. */
const EDGE = 4;

/** Quotes the selected text of a message in the box: by the button beside it, or by a key. */
export function QuoteButton({ onQuote }: { onQuote: (text: string) => void }) {
  const [text, setText] = useState('');
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const look = () => setText(selectedText());
    document.addEventListener('selectionchange', look);
    return () => document.removeEventListener('selectionchange', look);
  }, []);
  useLayoutEffect(() => {
    if (text === '') return;
    const place = () => placeAbove(button.current);
    place();
    document.addEventListener('scroll', place, { capture: true, passive: true });
    return () => document.removeEventListener('scroll', place, { capture: true });
  }, [text]);
  const quote = () => {
    if (text === '') return;
    getSelection()?.removeAllRanges();
    onQuote(text);
  };
  useShortcut('quote', quote);
  if (text === '') return null;
  return (
    <button
      ref={button}
      type="button"
      className="button button-quiet button-small quote-button"
      // The selection stays.
      onPointerDown={(event) => event.preventDefault()}
      onClick={quote}
    >
      <Icon name="quote" /> {t('quote')}
    </button>
  );
}

/** Puts the button beside the selection, wherever that is now. */
function placeAbove(element: HTMLElement | null): void {
  const selection = getSelection();
  if (!element || !selection || selection.rangeCount === 0) return;
  const at = selection.getRangeAt(0).getBoundingClientRect();
  element.style.top = `${Math.max(EDGE, at.top - ABOVE)}px`;
  element.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - element.offsetWidth - EDGE))}px`;
}

/** What is selected within one message; empty if the selection reaches beyond. */
function selectedText(): string {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return '';
  const { commonAncestorContainer: within } = selection.getRangeAt(0);
  const element = within instanceof Element ? within : within.parentElement;
  return element?.closest('.message-assistant > .markdown, .question, .message-cold')
    ? selection.toString().trim()
    : '';
}
