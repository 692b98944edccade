import type { SessionProfile } from '@perennial/contracts-wire';
import type { Ref } from 'react';
import { Link, NavLink, useNavigate } from 'react-router';
import { t } from '../messages';
import { HOUSE } from '../messages/page-title';
import { ownPicture } from '../session/own-picture';
import { useSignOut } from '../session/use-sign-out';
import { useOpenSettings } from '../settings/use-settings';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';
import { Menu } from '../ui/menu';
import { PartBoundary } from '../ui/part-boundary';
import { keyNames, SHORTCUTS } from '../ui/shortcuts';
import { useTheme } from '../ui/theme';
import { ChatList } from './chat-list';

interface SidebarProps {
  ref: Ref<HTMLElement>;
  user: SessionProfile;
  open: boolean;
  onNavigate: () => void;
  onFind: () => void;
  onShortcuts: () => void;
  onHide: () => void;
}

/** Chats, newest first, and the account. On a phone it is a drawer. */
export function Sidebar({ ref, user, open, onNavigate, onFind, onShortcuts, onHide }: SidebarProps) {
  return (
    <nav ref={ref} id="sidebar" className="sidebar" data-open={open} aria-label={t('chats')}>
      <div className="brand">
        <img src="/favicon.svg" alt="" width={24} height={24} />
        <span className="grow" dir="auto">
          {useStore(HOUSE)}
        </span>
        <button type="button" className="icon-button hide-button" aria-label={t('chats.hide')} onClick={onHide}>
          <Icon name="panel" />
        </button>
      </div>
      <div className="sidebar-links">
        <Link className="sidebar-link" to="/" onClick={onNavigate}>
          <Icon name="plus" /> {t('chat.new')} <Keys of={SHORTCUTS.newChat.keys} />
        </Link>
        <button type="button" className="sidebar-link" aria-haspopup="dialog" onClick={onFind}>
          <Icon name="search" /> {t('find.search')} <Keys of={SHORTCUTS.find.keys} />
        </button>
        <NavLink className="sidebar-link" to="/knowledge" onClick={onNavigate}>
          <Icon name="books" /> {t('knowledge')}
        </NavLink>
        {user.role === 'admin' && (
          <NavLink className="sidebar-link" to="/admin" onClick={onNavigate}>
            <Icon name="sliders" /> {t('admin')}
          </NavLink>
        )}
      </div>
      <PartBoundary>
        <ChatList onNavigate={onNavigate} />
      </PartBoundary>
      <Account user={user} onNavigate={onNavigate} onShortcuts={onShortcuts} />
    </nav>
  );
}

/** For the eyes only: they would be read with each name. */
function Keys({ of }: { of: string }) {
  return (
    <kbd className="keys" aria-hidden="true">
      {keyNames(of).join(' ')}
    </kbd>
  );
}

function Account({ user, onNavigate, onShortcuts }: Pick<SidebarProps, 'user' | 'onNavigate' | 'onShortcuts'>) {
  const { theme, toggle } = useTheme();
  const signOut = useSignOut();
  const openSettings = useOpenSettings();
  const navigate = useNavigate();
  const dark = theme === 'dark';
  const picture = ownPicture(user);
  const openArchive = () => {
    onNavigate();
    void navigate('/archive');
  };
  const showSettings = () => {
    onNavigate();
    openSettings();
  };
  return (
    <div className="account">
      <Menu
        name={t('account')}
        isNamed
        className="account-button"
        items={[
          {
            name: dark ? t('settings.useLight') : t('settings.useDark'),
            icon: <Icon name={dark ? 'sun' : 'moon'} />,
            onChoose: toggle,
          },
          { name: t('archive'), icon: <Icon name="archive" />, onChoose: openArchive },
          { name: t('settings'), icon: <Icon name="sliders" />, onChoose: showSettings },
          { name: t('shortcuts'), icon: <Icon name="keys" />, onChoose: onShortcuts },
          { name: t('account.signOut'), icon: <Icon name="leave" />, onChoose: () => void signOut() },
        ]}
      >
        {picture ? (
          <img className="account-letter" src={picture} alt="" />
        ) : (
          <span className="account-letter" aria-hidden="true">
            {[...user.name][0]?.toUpperCase()}
          </span>
        )}
        <span className="visually-hidden">{t('account.of')} </span>
        <span className="account-name">
          <bdi>{user.name}</bdi>
          <span className="muted">{user.email}</span>
        </span>
      </Menu>
    </div>
  );
}
