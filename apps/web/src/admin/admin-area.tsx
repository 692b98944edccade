import type { SessionProfile } from '@perennial/contracts-wire';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';

const Administration = lazy(() => import('./administration'));

/** The pages for administrators. Nobody else loads them; what they show is refused by the server too. */
export function AdminArea({ user }: { user: SessionProfile }) {
  if (user.role !== 'admin') {
    return (
      <main id="content" className="documents-page" tabIndex={-1}>
        <h1>Administration</h1>
        <p role="alert">This page is for administrators. An administrator of this installation can make you one.</p>
        <p>
          <Link to="/">Back to the chats</Link>
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
