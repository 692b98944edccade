import { type KeyboardEvent, useEffect, useRef } from 'react';
import { t } from '../../messages';
import { numberText } from '../../messages/formats';
import { Icon } from '../../ui/icon';
import { useMessageActions } from './actions';

/** Switches between messages with the same parent, by buttons and by the arrow keys. */
export function Versions({ of, among }: { of: string; among: readonly string[] }) {
  const { show, takesFocus } = useMessageActions();
  const group = useRef<HTMLSpanElement>(null);
  const place = among.indexOf(of);
  // The version that had the focus is not on the page any more.
  useEffect(() => {
    if (takesFocus(of)) group.current?.focus();
  }, [of, takesFocus]);
  if (among.length < 2) return null;

  const step = (by: 1 | -1) => {
    const to = among[place + by];
    if (to !== undefined) show(to);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const isRight = getComputedStyle(event.currentTarget).direction === 'rtl';
    step((event.key === 'ArrowRight') === isRight ? -1 : 1);
  };
  return (
    <span
      ref={group}
      role="group"
      tabIndex={-1}
      className="versions"
      aria-label={t('version.of', { place: place + 1, all: among.length })}
      onKeyDown={onKey}
    >
      <button
        type="button"
        className="action"
        aria-label={t('version.previous')}
        aria-disabled={place <= 0}
        onClick={() => step(-1)}
      >
        <Icon name="previous" />
      </button>
      <span aria-hidden="true">
        {numberText(place + 1)}/{numberText(among.length)}
      </span>
      <button
        type="button"
        className="action"
        aria-label={t('version.next')}
        aria-disabled={place + 1 >= among.length}
        onClick={() => step(1)}
      >
        <Icon name="next" />
      </button>
    </span>
  );
}
