import { t } from '../../messages';
import { WINDOW } from '../../state/window';
import type { IconName } from '../../ui/icon';
import type { NamedChat } from '../deletions-provider';
import type { ChatDeeds } from './chat-deeds';
import { to } from './messages';

/** Something that can be done with a chat: in its menus, in the palette and in the box. */
export interface ChatItem {
  name: string;
  icon: IconName;
  danger?: boolean;
  run: () => void;
}

/** A chat, as far as its menu depends on it. */
export interface MarkedChat {
  id: string;
  title: string;
  pinned?: boolean;
  archived?: boolean;
}

/** What only some places can do or know. */
export interface Here {
  unread?: boolean;
  rename?: () => void;
  /** Begins to choose several chats with this one. */
  choose?: () => void;
  print?: () => void;
}

export function chatItems(chat: MarkedChat, deeds: ChatDeeds, { unread, rename, choose, print }: Here): ChatItem[] {
  const { id, title, pinned = false, archived = false } = chat;
  const named: NamedChat = [id, title];
  const items: (ChatItem | false | undefined)[] = [
    rename && { name: t('action.rename'), icon: 'edit', run: rename },
    !archived && {
      name: pinned ? to('chat.unpin') : to('chat.pin'),
      icon: 'pin',
      run: () => deeds.pin(named, !pinned),
    },
    unread
      ? { name: to('chat.markRead'), icon: 'dot', run: () => deeds.markRead(id) }
      : { name: to('chat.markUnread'), icon: 'dot', run: () => deeds.markUnread([named]) },
    { name: to('tag.edit'), icon: 'tag', run: () => WINDOW.set({ kind: 'tags', chats: [named] }) },
    choose && { name: t('chats.choose'), icon: 'check', run: choose },
    { name: to('chat.asMarkdown'), icon: 'save', run: () => deeds.exportAs('markdown', named) },
    { name: to('chat.asJson'), icon: 'save', run: () => deeds.exportAs('json', named) },
    print && { name: to('chat.print'), icon: 'print', run: print },
    archived
      ? { name: t('chats.bringBack'), icon: 'archive', run: () => deeds.bringBack([named]) }
      : { name: t('chats.archive'), icon: 'archive', run: () => deeds.archive([named]) },
    { name: t('action.delete'), icon: 'trash', danger: true, run: () => deeds.remove([named]) },
  ];
  return items.filter((item) => item !== false && item !== undefined);
}
