import type { ChatListItem } from '@perennial/contracts-wire';
import { useNavigate } from 'react-router';
import { to } from '../chat/organise/messages';
import { useChatDeeds } from '../chat/organise/use-chat-deeds';
import { t } from '../messages';
import { dateText } from '../messages/formats';
import { shownTitle } from '../messages/shown-title';
import { useSignOut } from '../session/use-sign-out';
import { useOpenSettings } from '../settings/use-settings';
import type { Choice } from '../ui/choices';
import { Icon, type IconName } from '../ui/icon';
import { keyNames, SHORTCUTS } from '../ui/shortcuts';
import { useTheme } from '../ui/theme';
import { snippetParts } from './snippet';

/** Something that the page can do. */
export interface Command {
  name: string;
  icon: IconName;
  keys?: string;
  run: () => void;
}

/** What can be done on every page. */
export function useCommands(onShortcuts?: () => void): Command[] {
  const navigate = useNavigate();
  const { theme, toggle } = useTheme();
  const signOut = useSignOut();
  const openSettings = useOpenSettings();
  const deeds = useChatDeeds();
  const dark = theme === 'dark';
  return [
    { name: t('chat.new'), icon: 'plus', keys: SHORTCUTS.newChat.keys, run: () => void navigate('/') },
    { name: t('knowledge'), icon: 'books', run: () => void navigate('/knowledge') },
    { name: t('files.all'), icon: 'file', run: () => void navigate('/files') },
    { name: t('archive'), icon: 'archive', run: () => void navigate('/archive') },
    { name: to('chat.markAllRead'), icon: 'dot', run: () => deeds.act('markAllRead') },
    { name: dark ? t('settings.useLight') : t('settings.useDark'), icon: dark ? 'sun' : 'moon', run: toggle },
    { name: t('settings'), icon: 'sliders', run: () => openSettings() },
    ...(onShortcuts
      ? [{ name: t('shortcuts'), icon: 'keys', keys: SHORTCUTS.list.keys, run: onShortcuts } as const]
      : []),
    { name: t('account.signOut'), icon: 'leave', run: () => void signOut() },
  ];
}

/** A row of each kind. */
export function commandChoice({ name, icon, keys }: Command): Choice {
  const row = (
    <>
      <Icon name={icon} />
      <span className="choice-name">{name}</span>
      {keys && <kbd className="choice-note">{keyNames(keys).join(' ')}</kbd>}
    </>
  );
  return { id: name, row };
}

export function chatChoice({ id, title, snippet, snippet_ranges: ranges, updated_at: at }: ChatListItem): Choice {
  const row = (
    <>
      <span className="choice-name" dir="auto">
        {shownTitle(title)}
      </span>
      <span className="choice-note" dir="auto">
        {snippet
          ? snippetParts(snippet, ranges).map(({ text, isMatch }, nth) =>
              isMatch ? <mark key={nth}>{text}</mark> : text,
            )
          : dateText(at * 1_000, { dateStyle: 'medium' })}
      </span>
    </>
  );
  return { id, row };
}

/** Choices under a heading; without any there is none. */
export function section(name: string, choices: Choice[]): Choice[] {
  return choices.length === 0 ? [] : [{ id: `\n${name}`, heading: true, row: name }, ...choices];
}
