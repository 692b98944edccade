import type { SessionProfile } from '@perennial/contracts-wire';
import { type ReactNode, useState } from 'react';
import { useMatch } from 'react-router';
import { Sidebar } from '../sidebar/sidebar';
import { Icon } from '../ui/icon';
import { Banners } from './banners';
import { ConnectionLine } from './connection-line';

/** The frame around every page of a signed-in user: the chat list at the side, or as a drawer on a phone. */
export function Shell({ user, children }: { user: SessionProfile; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const inKnowledge = useMatch('/knowledge/*') !== null;
  return (
    <div className="shell" onKeyDown={(event) => event.key === 'Escape' && close()}>
      <a className="skip-link" href={inKnowledge ? '#content' : '#composer'}>
        {inKnowledge ? 'Skip to the documents' : 'Skip to the message box'}
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
