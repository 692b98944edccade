import { routes } from '@perennial/contracts-gateway';
import type { SessionProfile } from '@perennial/contracts-wire';
import { call } from '@perennial/web-client';
import { useQueryClient } from '@tanstack/react-query';
import { Link, NavLink, useMatch, useNavigate } from 'react-router';
import { SESSION_KEY } from '../auth/use-session';
import { useChats, useDeleteChat } from '../chat/chat-queries';
import { useDrafts } from '../chat/drafts';
import { Icon } from '../ui/icon';
import { useTheme } from '../ui/theme';

/** Chats, newest first, and the account. On a phone it is a drawer. */
export function Sidebar({ user, open, onNavigate }: { user: SessionProfile; open: boolean; onNavigate: () => void }) {
  const { theme, toggle } = useTheme();
  return (
    <nav id="sidebar" className="sidebar" data-open={open} aria-label="Chats">
      <p className="brand">
        <img src="/favicon.svg" alt="" width={28} height={28} /> Perennial
      </p>
      <Link className="button" to="/" onClick={onNavigate}>
        New chat
      </Link>
      <NavLink className="sidebar-link" to="/knowledge" onClick={onNavigate}>
        <Icon name="books" /> Knowledge
      </NavLink>
      {user.role === 'admin' && (
        <NavLink className="sidebar-link" to="/admin" onClick={onNavigate}>
          <Icon name="sliders" /> Administration
        </NavLink>
      )}
      <ChatList onNavigate={onNavigate} />
      <div className="account">
        <span className="account-name" title={user.email}>
          {user.name}
        </span>
        <button
          type="button"
          className="icon-button"
          aria-label={theme === 'dark' ? 'Use light colours' : 'Use dark colours'}
          onClick={toggle}
        >
          <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
        </button>
        <SignOutButton />
      </div>
    </nav>
  );
}

function ChatList({ onNavigate }: { onNavigate: () => void }) {
  const chats = useChats();
  const remove = useDeleteChat();
  const navigate = useNavigate();
  const shown = useMatch('/c/:chatId')?.params.chatId;

  if (chats.isPending) return <ChatListNotice role="status">Loading chats…</ChatListNotice>;
  if (chats.error && !chats.data) return <ChatListNotice role="alert">{chats.error.message}</ChatListNotice>;
  const items = chats.data.pages.flat();

  const removeChat = (id: string, title: string) => {
    if (!window.confirm(`Delete “${title}” for good?`)) return;
    remove.mutate(id, { onSuccess: () => id === shown && navigate('/') });
  };

  return (
    <ul className="chat-list">
      {items.length === 0 && <li className="empty">No chats yet.</li>}
      {items.map((chat) => (
        <li key={chat.id}>
          <NavLink
            to={`/c/${chat.id}`}
            className={chat.active ? 'writing' : ''}
            onClick={onNavigate}
            title={chat.title}
          >
            <span className="chat-title" dir="auto">
              {chat.title}
            </span>
            {chat.active && <span className="visually-hidden"> (writing)</span>}
          </NavLink>
          <button
            type="button"
            className="icon-button delete"
            aria-label={`Delete ${chat.title}`}
            onClick={() => removeChat(chat.id, chat.title)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
      {chats.hasNextPage && (
        <li>
          <button type="button" className="button button-quiet" onClick={() => void chats.fetchNextPage()}>
            Older chats
          </button>
        </li>
      )}
    </ul>
  );
}

/** Takes the list's space, so that nothing moves when the list is loaded. */
function ChatListNotice({ role, children }: { role: 'status' | 'alert'; children: string }) {
  return (
    <div className="chat-list">
      <p className="empty" role={role}>
        {children}
      </p>
    </div>
  );
}

function SignOutButton() {
  const client = useQueryClient();
  const drafts = useDrafts();
  const signOut = async () => {
    await call(routes.auths.signOut, {});
    drafts.forget();
    client.setQueryData(SESSION_KEY, null);
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  };
  return (
    <button type="button" className="icon-button" aria-label="Sign out" title="Sign out" onClick={() => void signOut()}>
      <Icon name="leave" />
    </button>
  );
}
