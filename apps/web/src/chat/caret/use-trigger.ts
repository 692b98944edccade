import { type RefObject, useEffect, useRef, useState } from 'react';
import { type Trigger, triggerAt } from './trigger';

/** The sign behind which somebody is writing in a field, until it is dismissed. @param text of the field */
export function useTrigger(box: RefObject<HTMLTextAreaElement | null>, text: string) {
  const [trigger, setTrigger] = useState<Trigger>();
  const dismissed = useRef<number>(undefined);
  const latest = useRef(() => undefined as void);
  useEffect(() => {
    latest.current = () => {
      const field = box.current;
      const isHere = field !== null && document.activeElement === field && field.selectionStart === field.selectionEnd;
      const next = isHere ? triggerAt(field.value, field.selectionStart) : undefined;
      if (next?.from !== dismissed.current) dismissed.current = undefined;
      setTrigger((before) => {
        if (!next || dismissed.current !== undefined) return undefined;
        return before?.to === next.to && before.query === next.query && before.sign === next.sign ? before : next;
      });
    };
    latest.current();
  }, [box, text]);
  useEffect(() => {
    const look = () => latest.current();
    const field = box.current;
    document.addEventListener('selectionchange', look);
    field?.addEventListener('blur', look);
    return () => {
      document.removeEventListener('selectionchange', look);
      field?.removeEventListener('blur', look);
    };
  }, [box]);
  const dismiss = () => {
    dismissed.current = trigger?.from;
    setTrigger(undefined);
  };
  return { trigger, dismiss };
}
