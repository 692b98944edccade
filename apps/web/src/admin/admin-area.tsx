import type { SessionProfile } from '@perennial/contracts-wire';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { t } from '../messages';
import { addCatalogue } from '../messages/language';

const Administration = lazy(async () => {
  const [page, { ADMIN_TEXTS }] = await Promise.all([import('./administration'), import('./messages')]);
  // Without the language's texts it is in English.
  await addCatalogue(ADMIN_TEXTS).catch(() => undefined);
  return page;
});

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
