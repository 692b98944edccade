import { useCallback, useEffect, useRef } from 'react';

/** A reader who scrolls to within this distance of the end, in pixels, follows it again. */
const AT_END = 24;
/** Keys that scroll away from the end. */
const BACK_KEYS = new Set(['PageUp', 'Home', 'ArrowUp']);
/** Layout scrolls too: only what comes this soon after a gesture is the reader's, in milliseconds. */
const GESTURE_MS = 1_000;

/**
 * Keeps the end of the chat in view while it grows. The reader decides: a gesture backwards holds the page still, and one to the end follows it
 * again. Distances that change because text grows decide nothing.
 */
export function useReader(chatId: string | undefined) {
  const view = useRef<HTMLDivElement | null>(null);
  const following = useRef(true);
  const gestureAt = useRef(-Infinity);
  const observer = useRef<ResizeObserver | undefined>(undefined);

  const toEnd = useCallback(() => {
    if (following.current && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, []);

  useEffect(() => {
    following.current = true;
    toEnd();
  }, [chatId, toEnd]);

  /** The element that scrolls. */
  const ref = useCallback((element: HTMLDivElement | null) => {
    view.current = element;
    if (!element) return;
    const leave = () => (following.current = false);
    const gesture = () => (gestureAt.current = performance.now());
    const onWheel = ({ deltaY }: WheelEvent) => {
      gesture();
      if (deltaY < 0) leave();
    };
    const onKey = ({ key }: KeyboardEvent) => {
      gesture();
      if (BACK_KEYS.has(key)) leave();
      if (key === 'End') following.current = true;
    };
    const onTouch = () => {
      gesture();
      leave();
    };
    const onScroll = () => {
      const { scrollHeight, scrollTop, clientHeight } = element;
      const atEnd = scrollHeight - scrollTop - clientHeight <= AT_END;
      if (performance.now() - gestureAt.current < GESTURE_MS) following.current = atEnd;
    };
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    element.addEventListener('wheel', onWheel, options);
    element.addEventListener('keydown', onKey, options);
    element.addEventListener('touchmove', onTouch, options);
    // Of the scrollbar, and of text that is being selected.
    element.addEventListener('pointerdown', gesture, options);
    element.addEventListener('scroll', onScroll, options);
    return () => {
      listening.abort();
      view.current = null;
    };
  }, []);

  /** The list that grows in it. */
  const content = useCallback(
    (element: HTMLElement | null) => {
      observer.current?.disconnect();
      if (!element) return;
      observer.current = new ResizeObserver(toEnd);
      observer.current.observe(element);
      if (element.parentElement) observer.current.observe(element.parentElement);
    },
    [toEnd],
  );

  /** The reader has sent a message: its answer is what they want to see. */
  const followEnd = useCallback(() => {
    following.current = true;
    gestureAt.current = -Infinity;
  }, []);

  return { ref, content, followEnd };
}
