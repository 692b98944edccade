import type { SessionProfile } from '@perennial/contracts-wire';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { t } from '../messages';
import { withTexts } from '../ui/with-texts';

const Administration = lazy(() => withTexts(import('./administration')));

/** The pages for administrators. Nobody else loads them; what they show is refused by the server too. */
export function AdminArea({ user }: { user: SessionProfile }) {
  if (user.role !== 'admin') {
    return (
      <main id="content" className="documents-page" tabIndex={-1}>
        <h1>{t('admin')}</h1>
        <p role="alert">{t('admin.adminsOnly')}</p>
        <p>
          <Link to="/">{t('admin.back')}</Link>
        </p>
      </main>
    );
  }
  return (
    <Suspense fallback={<main id="content" tabIndex={-1} aria-busy="true" />}>
      <Administration user={user} />
    </Suspense>
  );
}
