import type { ReactNode } from 'react';
import { usePageTitle } from '../messages/page-title';

const CONTENT = 'content';

/** A page of the administration: its title, what can be done at once, and its content. */
export function AdminPage({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  usePageTitle(title);
  return (
    // It scrolls, so a keyboard must reach it also where there is nothing to press.
    <main id={CONTENT} className="admin-page" tabIndex={0}>
      <header className="admin-header">
        <h1>{title}</h1>
        {actions}
      </header>
      {children}
    </main>
  );
}

/** Puts the focus at the beginning of the page, when what had it is gone. */
export function focusPage(): void {
  document.getElementById(CONTENT)?.focus();
}
