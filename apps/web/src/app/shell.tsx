import type { SessionProfile } from '@perennial/contracts-wire';
import { type ReactNode, useState } from 'react';
import { useLocation } from 'react-router';
import { Sidebar } from '../sidebar/sidebar';
import { Icon } from '../ui/icon';
import { Banners } from './banners';
import { ConnectionLine } from './connection-line';

/** Where the first link of each page leads. */
const SKIPS = [
  { path: '/knowledge', to: '#content', words: 'Skip to the documents' },
  { path: '/admin', to: '#content', words: 'Skip to the page' },
];
const TO_THE_BOX = { to: '#composer', words: 'Skip to the message box' };

/** The frame around every page of a signed-in user: the chat list at the side, or as a drawer on a phone. */
export function Shell({ user, children }: { user: SessionProfile; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const { pathname } = useLocation();
  const skip = SKIPS.find(({ path }) => pathname.startsWith(path)) ?? TO_THE_BOX;
  return (
    <div className="shell" onKeyDown={(event) => event.key === 'Escape' && close()}>
      <a className="skip-link" href={skip.to}>
        {skip.words}
      </a>
      <button
        type="button"
        className="icon-button menu-button"
        aria-label="Chats"
        aria-expanded={open}
        aria-controls="sidebar"
        onClick={() => setOpen(!open)}
      >
        <Icon name="menu" />
      </button>
      {open && <div className="scrim" onClick={close} />}
      <Sidebar user={user} open={open} onNavigate={close} />
      <div className="page">
        <ConnectionLine />
        <Banners />
        {children}
      </div>
    </div>
  );
}
