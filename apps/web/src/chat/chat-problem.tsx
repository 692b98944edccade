import { ApiError } from '@perennial/web-client';
import { Link } from 'react-router';
import { t } from '../messages';

/** The chat cannot be shown: it is gone, or cannot be read now. */
export function ChatProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const gone = error instanceof ApiError && error.status < 500;
  return (
    <main className="notice" role="alert">
      <p>{gone ? t('chat.gone') : error.message}</p>
      {gone ? (
        <Link className="button" to="/">
          {t('chat.new')}
        </Link>
      ) : (
        <button type="button" className="button" onClick={onRetry}>
          {t('action.tryAgain')}
        </button>
      )}
    </main>
  );
}
