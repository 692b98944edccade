import type { ChatListItem } from '@perennial/contracts-wire';
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import { NavLink } from 'react-router';
import { t } from '../messages';
import { Icon } from '../ui/icon';
import { Menu } from '../ui/menu';

interface RowProps {
  chat: ChatListItem;
  /** Something in it has not been seen. */
  unread: boolean;
  /** Several chats are being chosen, this one or not. */
  chosen?: boolean;
  onChoose: (chatId: string, title: string) => void;
  onNavigate: () => void;
  onRename: (chatId: string, title: string) => void;
  onDelete: (chatId: string, title: string) => void;
}

/** A chat in the list: F2 renames it in its place, Delete deletes it, and so does its menu. */
export const ChatRow = memo(function ChatRow(props: RowProps) {
  const { chat, unread, chosen, onChoose, onNavigate, onRename, onDelete } = props;
  const [renaming, setRenaming] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'F2' && event.key !== 'Delete') return;
    event.preventDefault();
    if (event.key === 'F2') setRenaming(true);
    else onDelete(chat.id, chat.title);
  };
  if (chosen !== undefined) {
    return (
      <li>
        <label className="chat-choice" title={chat.title}>
          <input
            type="checkbox"
            checked={chosen}
            // The menu that began it is gone.
            autoFocus={chosen}
            onChange={() => onChoose(chat.id, chat.title)}
          />
          <span className="chat-title" dir="auto">
            {chat.title}
          </span>
        </label>
      </li>
    );
  }
  if (renaming) {
    return (
      <li>
        <TitleField
          title={chat.title}
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
        title={chat.title}
      >
        <span className="chat-title" dir="auto">
          {chat.title}
        </span>
        {unread && <span className="visually-hidden"> {t('chats.unread')}</span>}
        {chat.active && <span className="visually-hidden"> {t('chats.writing')}</span>}
      </NavLink>
      <Menu
        name={t('chats.actions', { title: chat.title })}
        className="icon-button row-menu"
        items={[
          { name: t('action.rename'), icon: <Icon name="edit" />, onChoose: () => setRenaming(true) },
          {
            name: t('chats.choose'),
            icon: <Icon name="check" />,
            onChoose: () => onChoose(chat.id, chat.title),
          },
          {
            name: t('action.delete'),
            icon: <Icon name="trash" />,
            danger: true,
            onChoose: () => onDelete(chat.id, chat.title),
          },
        ]}
      >
        <Icon name="more" />
      </Menu>
    </li>
  );
});

/** Enter and leaving the field keep the new title, Escape the old one. */
function TitleField({ title, onEnd }: { title: string; onEnd: (title: string | undefined) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const ended = useRef(false);
  useEffect(() => field.current?.select(), []);
  const end = (keep: boolean) => {
    if (ended.current) return;
    ended.current = true;
    const text = field.current?.value.trim() ?? '';
    onEnd(keep && text !== '' && text !== title ? text : undefined);
  };
  return (
    <input
      ref={field}
      className="title-field"
      aria-label={t('chats.title')}
      dir="auto"
      defaultValue={title}
      maxLength={200}
      autoFocus
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') end(true);
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        end(false);
      }}
    />
  );
}
