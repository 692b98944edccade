import type { SessionProfile } from '@perennial/contracts-wire';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { useNavigate } from 'react-router';
import { useConfig } from '../house/use-config';
import { t } from '../messages';
import { usePreferences } from '../preferences/preferences';
import { Sidebar } from '../sidebar/sidebar';
import { useStore } from '../state/store';
import { WINDOW } from '../state/window';
import { Icon } from '../ui/icon';
import { PartBoundary } from '../ui/part-boundary';
import { LETTERS, useShortcut } from '../ui/shortcuts';
import { Toasts } from '../ui/toasts';
import { withTexts } from '../ui/with-texts';
import { AnswerNotices } from './answer-notices';
import { ConnectionLine } from './connection-line';
import { SkipLink } from './skip-link';
import { NARROW, useDrawer } from './use-drawer';

const Palette = lazy(() => withTexts(import('../search/palette')));
const TagsDialog = lazy(() => withTexts(import('../chat/organise/tags-dialog')));
const ShortcutList = lazy(() => import('./shortcut-list'));
// The page is whole without them, too.
const Notices = lazy<() => ReactNode>(() => import('./notices').catch(() => ({ default: () => null })));

const HIDDEN_KEY = 'sidebar-hidden';

/** The frame around every page of a signed-in user: the chat list at the side, or as a drawer on a phone. */
export function Shell({ user, children }: { user: SessionProfile; children: ReactNode }) {
  const navigate = useNavigate();
  const { open, setOpen, button, drawer } = useDrawer();
  /** The list at the side of a wide screen. */
  const [hidden, setHidden] = useState(() => localStorage.getItem(HIDDEN_KEY) !== null);
  // The house's name.
  useConfig();
  const above = useStore(WINDOW);
  useEffect(() => {
    // A shortcut of the installed page; the palette takes it out of the address.
    if (location.search === '?find') WINDOW.set({ kind: 'palette' });
    return closeAbove;
  }, []);
  const close = () => setOpen(false);

  const hide = (next: boolean) => {
    setOpen(false);
    setHidden(next);
    if (next) localStorage.setItem(HIDDEN_KEY, '1');
    else localStorage.removeItem(HIDDEN_KEY);
  };
  const find = () => {
    close();
    WINDOW.set({ kind: 'palette' });
  };
  const showShortcuts = () => {
    close();
    WINDOW.set({ kind: 'shortcuts' });
  };
  const { letterShortcuts = true } = usePreferences();
  useEffect(() => LETTERS.set(letterShortcuts), [letterShortcuts]);
  useShortcut('find', find);
  useShortcut('list', showShortcuts);
  useShortcut('sidebar', () => hide(!hidden));
  useShortcut('newChat', () => {
    close();
    void navigate('/');
  });
  useShortcut('box', () => {
    // What is behind the drawer takes no focus before it is closed.
    flushSync(close);
    document.getElementById('composer')?.focus();
  });

  return (
    <div className="shell" data-hidden={hidden}>
      <SkipLink inert={open} />
      <button
        ref={button}
        type="button"
        className="icon-button menu-button"
        aria-label={t('chats')}
        aria-expanded={open}
        aria-controls="sidebar"
        onClick={() => (hidden && !matchMedia(NARROW).matches ? hide(false) : setOpen(!open))}
      >
        <Icon name="menu" />
      </button>
      {open && <div className="scrim" onClick={close} />}
      <Sidebar
        ref={drawer}
        user={user}
        open={open}
        onNavigate={close}
        onFind={find}
        onShortcuts={showShortcuts}
        onHide={() => hide(true)}
      />
      <div className="page" inert={open}>
        <ConnectionLine />
        <Suspense>
          <Notices />
        </Suspense>
        {children}
      </div>
      <PartBoundary of={above?.kind} onClose={closeAbove}>
        <Suspense>
          {above?.kind === 'palette' && (
            <Palette text={above.text} onShortcuts={() => WINDOW.set({ kind: 'shortcuts' })} onClose={closeAbove} />
          )}
          {above?.kind === 'shortcuts' && <ShortcutList onClose={closeAbove} />}
          {above?.kind === 'tags' && <TagsDialog chats={above.chats} onClose={closeAbove} />}
        </Suspense>
      </PartBoundary>
      <AnswerNotices />
      <Toasts />
    </div>
  );
}

const closeAbove = (): void => WINDOW.set(undefined);
