import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { type Choice, useChoices } from '../../ui/choices';
import { useCloseRequest } from '../../ui/close-request';
import { to } from '../organise/messages';
import { placeAt } from './caret-place';
import type { Trigger } from './trigger';

export interface CaretChoicesProps {
  box: RefObject<HTMLTextAreaElement | null>;
  trigger: Trigger;
  /** Of the list. */
  name: string;
  choices: readonly Choice[];
  onChoose: (id: string) => void;
  onDismiss: () => void;
  onEnd?: () => void;
}

/** An input method confirms words with Enter; Safari reports that after the composition. */
const INPUT_METHOD_KEY = 229;

/** A list at the caret of the box, which keeps the focus. Without choices it is not there, and Enter sends. */
export function CaretChoices({ box, trigger, name, choices, onChoose, onDismiss, onEnd }: CaretChoicesProps) {
  const { listId, activeId, press, restart, list } = useChoices({ name, choices, tabIndex: 0, onChoose, onEnd });
  const popover = useRef<HTMLDivElement>(null);
  const isOpen = choices.length > 0;
  const { from, query } = trigger;
  const latest = useRef({ press, restart });
  useLayoutEffect(() => {
    latest.current = { press, restart };
  });
  useLayoutEffect(() => latest.current.restart(), [query]);
  useCloseRequest(isOpen, onDismiss);

  // A text field may have a list, but not be a combobox.
  useLayoutEffect(() => {
    const field = box.current;
    if (!field || !isOpen) return;
    const says = { 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox', 'aria-controls': listId };
    for (const [attribute, value] of Object.entries(says)) field.setAttribute(attribute, value);
    return () => {
      for (const attribute of [...Object.keys(says), 'aria-activedescendant']) field.removeAttribute(attribute);
    };
  }, [box, isOpen, listId]);
  useLayoutEffect(() => {
    if (activeId !== undefined) box.current?.setAttribute('aria-activedescendant', activeId);
  }, [box, activeId, isOpen]);

  // Before the box takes the key.
  useEffect(() => {
    const field = box.current;
    if (!field || !isOpen) return;
    const onKey = (event: KeyboardEvent) => {
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      if (!isPlain || event.isComposing || event.keyCode === INPUT_METHOD_KEY || !latest.current.press(event.key))
        return;
      event.preventDefault();
      event.stopPropagation();
    };
    field.addEventListener('keydown', onKey);
    return () => field.removeEventListener('keydown', onKey);
  }, [box, isOpen]);

  useLayoutEffect(() => {
    const [element, field] = [popover.current, box.current];
    if (!element || !field || !isOpen) return;
    element.showPopover();
    const place = () => placeAt(element, field, from);
    place();
    const observer = new ResizeObserver(place);
    observer.observe(field);
    observer.observe(element);
    window.visualViewport?.addEventListener('resize', place);
    return () => {
      observer.disconnect();
      window.visualViewport?.removeEventListener('resize', place);
      element.hidePopover();
    };
  }, [box, isOpen, from]);

  return (
    // The focus stays in the box.
    <div ref={popover} popover="manual" className="caret-list" onMouseDown={(event) => event.preventDefault()}>
      {list}
      <p role="status" className="visually-hidden">
        {isOpen && to('caret.found', { count: choices.filter(({ heading }) => !heading).length })}
      </p>
    </div>
  );
}
