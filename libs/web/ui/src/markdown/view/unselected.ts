import { type RefObject, useEffect, useState } from 'react';

/**
 * A value that makes the nodes of an element, which waits while a selection begins or ends in them: new nodes would lose it.
 *
 * @returns the last value that the element could take
 */
export function useUnselected<T>(value: T, element: RefObject<Element | null>): T {
  const [shown, setShown] = useState(value);
  // While it renders, so that nobody sees a render of the former value.
  if (shown !== value && !isSelectedIn(element.current)) setShown(value);
  useEffect(() => {
    if (shown === value) return;
    const look = () => {
      if (!isSelectedIn(element.current)) setShown(value);
    };
    document.addEventListener('selectionchange', look);
    return () => document.removeEventListener('selectionchange', look);
  }, [shown, value, element]);
  return shown;
}

function isSelectedIn(element: Element | null): boolean {
  const selection = getSelection();
  if (!element || !selection || selection.isCollapsed) return false;
  return element.contains(selection.anchorNode) || element.contains(selection.focusNode);
}
