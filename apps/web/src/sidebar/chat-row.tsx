import type { ChatListItem } from '@perennial/contracts-wire';
import { type KeyboardEvent, memo, useRef, useState } from 'react';
import { NavLink } from 'react-router';
import { ChatMenu } from '../chat/organise/chat-menu';
import { TitleField } from '../chat/organise/title-field';
import type { Deeds } from '../chat/organise/use-chat-deeds';
import { t } from '../messages';
import { shownTitle } from '../messages/shown-title';
import { LETTERS } from '../ui/shortcuts';

/** What keys do with the chat that has the focus. */
const KEYS: Readonly<Record<string, 'rename' | 'remove' | 'pin' | 'archive'>> = {
  f2: 'rename',
  delete: 'remove',
  p: 'pin',
  e: 'archive',
};

interface RowProps {
  chat: ChatListItem;
  /** Something in it has not been seen. */
  unread: boolean;
  /** Several chats are being chosen, this one or not. */
  chosen?: boolean;
  onChoose: (chatId: string, title: string) => void;
  onNavigate: () => void;
  onRename: (chatId: string, title: string) => void;
  deeds: Deeds;
}

/** A chat in the list: F2 renames it in its place, Delete deletes it, P pins it and E archives it, and so does its menu. */
export const ChatRow = memo(function ChatRow(props: RowProps) {
  const { chat, unread, chosen, onChoose, onNavigate, onRename, deeds } = props;
  const [renaming, setRenaming] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const title = shownTitle(chat.title);
  const onKey = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    const run = KEYS[key.length > 1 || LETTERS.get() ? key.toLowerCase() : ''];
    if (!run || ctrlKey || metaKey || altKey) return;
    event.preventDefault();
    if (run === 'rename') setRenaming(true);
    if (run === 'remove') deeds.act('remove', [[chat.id, title]]);
    if (run === 'pin') deeds.act('pin', [chat.id, title], !chat.pinned);
    if (run === 'archive') deeds.act('archive', [[chat.id, title]]);
  };
  if (chosen !== undefined) {
    return (
      <li>
        <label className="chat-choice" title={title}>
          <input
            type="checkbox"
            checked={chosen}
            // The menu that began it is gone.
            autoFocus={chosen}
            onChange={() => onChoose(chat.id, title)}
          />
          <span className="chat-title" dir="auto">
            {title}
          </span>
        </label>
      </li>
    );
  }
  if (renaming) {
    return (
      <li>
        <TitleField
          title={title}
          onEnd={(title) => {
            setRenaming(false);
            if (title !== undefined) onRename(chat.id, title);
            requestAnimationFrame(() => link.current?.focus());
          }}
        />
      </li>
    );
  }
  return (
    <li>
      <NavLink
        ref={link}
        to={`/c/${chat.id}`}
        className={chat.active ? 'writing' : unread ? 'unread' : ''}
        onClick={onNavigate}
        onKeyDown={onKey}
        title={title}
      >
        <span className="chat-title" dir="auto">
          {title}
        </span>
        {unread && <span className="visually-hidden"> {t('chats.unread')}</span>}
        {chat.active && <span className="visually-hidden"> {t('chats.writing')}</span>}
      </NavLink>
      <ChatMenu
        name={t('chats.actions', { title })}
        className="icon-button row-menu"
        chat={chat}
        deeds={deeds}
        here={{ unread, rename: () => setRenaming(true), choose: () => onChoose(chat.id, title) }}
      />
    </li>
  );
});
