import { ApiError } from '@perennial/web-client';
import { Link } from 'react-router';
import { t } from '../messages';

/** The chat cannot be shown: it is gone, or cannot be read now. */
export function ChatProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  // A server that refuses for now has the chat all the same.
  const gone = error instanceof ApiError && error.status < 500 && error.status !== 429;
  return (
    <main id="content" className="notice" tabIndex={-1}>
      <div role="alert">
        <h1 dir="auto">{gone ? t('chat.gone') : error.message}</h1>
      </div>
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
