import './styles/frame.css';
import './styles/lists.css';
import './styles/tables.css';
import './styles/forms.css';
import './styles/fleet.css';
import type { SessionProfile } from '@perennial/contracts-wire';
import { ApiError } from '@perennial/web-client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Navigate, NavLink, Route, Routes, useLocation } from 'react-router';
import { SESSION_KEY } from '../auth/use-session';
import { t } from '../messages';
import { addCatalogue } from '../messages/language';
import { EdgeFade } from '../ui/edge-fade';
import { ConnectionsPage } from './connections/connections-page';
import { DocumentsPage } from './documents/documents-page';
import { FleetPage } from './fleet/fleet-page';
import { GeneralPage } from './general/general-page';
import { ADMIN_TEXTS, ta } from './messages';
import { ModelsPage } from './models/models-page';
import { NoticesPage } from './notices/notices-page';
import { PAGES } from './pages';
import { UsersPage } from './users/users-page';

/** All pages of the administration, and the way from one to another. */
export default function Administration({ user }: { user: SessionProfile }) {
  useSessionCheck();
  const pages = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a phone not all of them have room.
  useEffect(() => {
    pages.current?.querySelector('[aria-current=page]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [pathname]);
  return (
    <div className="admin">
      <nav ref={pages} className="admin-pages" aria-label={t('admin')}>
        <EdgeFade>
          {PAGES.map((path) => (
            <NavLink key={path} className="admin-link" to={`/admin/${path}`}>
              {ta(`page.${path}`)}
            </NavLink>
          ))}
        </EdgeFade>
      </nav>
      <Routes>
        <Route path="fleet" element={<FleetPage />} />
        <Route path="users" element={<UsersPage self={user} />} />
        <Route path="general" element={<GeneralPage />} />
        <Route path="connections" element={<ConnectionsPage />} />
        <Route path="models" element={<ModelsPage />} />
        <Route path="documents" element={<DocumentsPage />} />
        <Route path="notices" element={<NoticesPage />} />
        <Route path="*" element={<Navigate to="/admin/fleet" replace />} />
      </Routes>
    </div>
  );
}

/** Who is refused here is no administrator any more, or not signed in: the session is read again, and it decides what is shown. */
function useSessionCheck(): void {
  const client = useQueryClient();
  useEffect(() => {
    const check = (error: unknown) => {
      const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
      if (refused) void client.invalidateQueries({ queryKey: SESSION_KEY });
    };
    const ends = [
      client.getQueryCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'error') check(event.action.error);
      }),
      client.getMutationCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'error') check(event.action.error);
      }),
    ];
    return () => ends.forEach((end) => end());
  }, [client]);
}

/** Resolves when the texts are there in the page's language; without it they are in English. */
export const textsLoaded = addCatalogue(ADMIN_TEXTS).catch(() => undefined);
