import type { ReactNode } from 'react';
import { t } from '../messages';
import { HOUSE } from '../messages/page-title';
import { useStore } from '../state/store';

/** A whole-page message: loading, or what stays until it is tried again, with the installation's name above it. */
export function Notice({
  kind,
  children,
  onRetry,
}: {
  kind: 'busy' | 'problem';
  children: ReactNode;
  onRetry?: () => void;
}) {
  const house = useStore(HOUSE);
  return (
    <main className="notice">
      <img src="/favicon.svg" alt="" width={48} height={48} />
      {onRetry && <h1>{house}</h1>}
      <p role={kind === 'problem' ? 'alert' : 'status'}>{children}</p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {t('action.tryAgain')}
        </button>
      )}
    </main>
  );
}
