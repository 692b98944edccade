import { useEffect, useState } from 'react';
import { t } from '../messages';
import { useStore } from '../state/store';
import type { Delay, Delivery } from './delivery';

/** Why a message is not sent yet, and what can be done about it. */
export function DeliveryNote({ delivery }: { delivery: Delivery }) {
  const delay = useStore(delivery.delay);
  // It is there before it says something, or it would not be read aloud.
  return <div role="status">{delay && <Note delay={delay} delivery={delivery} />}</div>;
}

function Note({ delay, delivery }: { delay: Delay; delivery: Delivery }) {
  return (
    <div className="delivery">
      <p>{delay.kind === 'busy' ? t('send.busy') : t(`send.${delay.kind}`)}</p>
      {delay.kind === 'busy' && <Countdown delay={delay} />}
      {delay.kind !== 'signed-out' && (
        <button type="button" className="button button-quiet button-small" onClick={() => delivery.now()}>
          {t('send.now')}
        </button>
      )}
      <button type="button" className="button button-quiet button-small" onClick={() => delivery.takeBack()}>
        {t('box.takeBack')}
      </button>
    </div>
  );
}

/** Seconds, which are seen and not read aloud one by one. */
function Countdown({ delay }: { delay: Delay & { kind: 'busy' } }) {
  const [left, setLeft] = useState(() => secondsUntil(delay.until));
  useEffect(() => {
    setLeft(secondsUntil(delay.until));
    const timer = setInterval(() => setLeft(secondsUntil(delay.until)), 500);
    return () => clearInterval(timer);
  }, [delay]);
  return (
    <span className="countdown" aria-hidden="true">
      {t('send.in', { count: left })}
    </span>
  );
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1_000));
}
