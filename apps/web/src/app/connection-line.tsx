import { useEffect, useRef, useState } from 'react';
import { useConnected } from '../chat/live';
import { t } from '../messages';
import { useLastingLoss } from '../state/use-lasting-loss';

const BACK_FOR_MS = 3_000;

/** Shows when the connection is lost for longer than a moment, and then when it is back. */
export function ConnectionLine() {
  const lost = useLastingLoss(!useConnected());
  const wasLost = useRef(false);
  const [back, setBack] = useState(false);

  useEffect(() => {
    if (lost) {
      wasLost.current = true;
      return;
    }
    if (!wasLost.current) return;
    wasLost.current = false;
    setBack(true);
    const timer = setTimeout(() => setBack(false), BACK_FOR_MS);
    return () => clearTimeout(timer);
  }, [lost]);

  return (
    <div className="connection" role="status" aria-live="polite">
      {lost && <p className="connection-lost">{t('connection.lost')}</p>}
      {!lost && back && <p className="connection-back">{t('connection.back')}</p>}
    </div>
  );
}
