import type { ReactNode } from 'react';
import { t } from '../messages';

/** A whole-page message: loading, or an error with a retry. */
export function Notice({
  kind,
  children,
  onRetry,
}: {
  kind: 'busy' | 'problem';
  children: ReactNode;
  onRetry?: () => void;
}) {
  return (
    <main className="notice">
      <img src="/favicon.svg" alt="" width={48} height={48} />
      <p role={kind === 'problem' ? 'alert' : 'status'}>{children}</p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {t('action.tryAgain')}
        </button>
      )}
    </main>
  );
}
