import { useEffect, useState } from 'react';

/** A line that is back by then is not spoken of: the reader has lost nothing. */
const UNSAID_MS = 3_000;

/** Whether a line has been lost for so long that the reader is told. */
export function useLastingLoss(lost: boolean): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!lost) return;
    const timer = setTimeout(() => setLasts(true), UNSAID_MS);
    return () => {
      clearTimeout(timer);
      setLasts(false);
    };
  }, [lost]);
  return lost && lasts;
}
