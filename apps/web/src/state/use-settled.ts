import { useEffect, useState } from 'react';

/** A person who writes on asks again. */
const ASK_AFTER_MS = 150;

/** A value that has not changed for a moment. */
export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
