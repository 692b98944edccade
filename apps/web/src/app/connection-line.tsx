import { useEffect, useRef, useState } from 'react';
import { useConnected } from '../chat/live';
import { t } from '../messages';

const BACK_FOR_MS = 3_000;

/** Shows when the connection is lost, and for a moment when it is back. */
export function ConnectionLine() {
  const connected = useConnected();
  const wasLost = useRef(false);
  const [back, setBack] = useState(false);

  useEffect(() => {
    if (!connected) {
      wasLost.current = true;
      return;
    }
    if (!wasLost.current) return;
    wasLost.current = false;
    setBack(true);
    const timer = setTimeout(() => setBack(false), BACK_FOR_MS);
    return () => clearTimeout(timer);
  }, [connected]);

  return (
    <div className="connection" role="status" aria-live="polite">
      {!connected && <p className="connection-lost">{t('connection.lost')}</p>}
      {connected && back && <p className="connection-back">{t('connection.back')}</p>}
    </div>
  );
}
