import type { ChatListItem } from '@perennial/contracts-wire';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import { presentUser } from '../auth/use-session';
import { useChats, useChatSearch } from '../chat/chat-queries';
import { useDeletions } from '../chat/deletions-provider';
import { t } from '../messages';
import { dateText } from '../messages/formats';
import { useSignOut } from '../session/use-sign-out';
import { useOpenSettings } from '../settings/use-settings';
import { useStore } from '../state/store';
import { type Choice, ChoiceList } from '../ui/choice-list';
import { Dialog } from '../ui/dialog';
import { Icon, type IconName } from '../ui/icon';
import { keyNames, SHORTCUTS } from '../ui/shortcuts';
import { useTheme } from '../ui/theme';
import type { Place } from './places';

interface Command {
  name: string;
  icon: IconName;
  keys?: string;
  run: () => void;
}

/** A person who writes on asks again. */
const ASK_AFTER_MS = 150;

/** Finds chats by their titles and texts, and what the page can do. */
export default function Palette({ onShortcuts, onClose }: { onShortcuts: () => void; onClose: () => void }) {
  const [text, setText] = useState('');
  const query = useSettled(text.trim());
  const navigate = useNavigate();
  const hidden = useStore(useDeletions().hidden);
  const recent = useChats();
  const search = useChatSearch(query);
  const commands = useCommands(onShortcuts);
  const places = usePlaces();
  const found = query === '' ? recent : search;
  const pages = found.data?.pages;

  const choices = useMemo(() => {
    const chats = (pages?.flat() ?? []).filter(({ id }) => !hidden.has(id));
    const wanted = text.trim().toLowerCase();
    const fittingPlaces =
      wanted === '' ? [] : places.filter(({ words }) => wanted.split(/\s+/).every((word) => words.includes(word)));
    const fitting = commands.filter(({ name }) => name.toLowerCase().includes(wanted));
    return [
      ...section(t('find.commands'), fitting.map(commandChoice)),
      ...section(t('settings'), fittingPlaces.map(commandChoice)),
      ...section(query === '' ? t('chats.recent') : t('chats'), chats.map(chatChoice)),
    ];
  }, [pages, hidden, commands, places, text, query]);

  const choose = (id: string) => {
    onClose();
    const command = [...commands, ...places].find(({ name }) => name === id);
    if (command) command.run();
    else void navigate(`/c/${id}`);
  };
  return (
    <Dialog title={t('chats.find')} className="finder" onClose={onClose}>
      <ChoiceList
        name={t('find.name')}
        text={text}
        onText={setText}
        choices={choices}
        onChoose={choose}
        onEnd={() => found.hasNextPage && !found.isFetchingNextPage && void found.fetchNextPage()}
        empty={<Empty busy={found.isFetching || query !== text.trim()} error={found.error} query={query} />}
      />
    </Dialog>
  );
}

function Empty({ busy, error, query }: { busy: boolean; error: Error | null; query: string }) {
  if (busy) return <span role="status">{t('find.searching')}</span>;
  if (error) return <span role="alert">{error.message}</span>;
  return <span role="status">{t('find.nothing', { query })}</span>;
}

function useCommands(onShortcuts: () => void): Command[] {
  const navigate = useNavigate();
  const { theme, toggle } = useTheme();
  const signOut = useSignOut();
  const openSettings = useOpenSettings();
  const dark = theme === 'dark';
  return [
    { name: t('chat.new'), icon: 'plus', keys: SHORTCUTS.newChat.keys, run: () => void navigate('/') },
    { name: t('knowledge'), icon: 'books', run: () => void navigate('/knowledge') },
    { name: t('files.all'), icon: 'file', run: () => void navigate('/files') },
    { name: dark ? t('settings.useLight') : t('settings.useDark'), icon: dark ? 'sun' : 'moon', run: toggle },
    { name: t('settings'), icon: 'sliders', run: () => openSettings() },
    { name: t('shortcuts'), icon: 'keys', keys: SHORTCUTS.list.keys, run: onShortcuts },
    { name: t('account.signOut'), icon: 'leave', run: () => void signOut() },
  ];
}

/** Settings, and for administrators their pages: they come a moment after the palette. */
function usePlaces(): (Command & { words: string })[] {
  const client = useQueryClient();
  const navigate = useNavigate();
  const openSettings = useOpenSettings();
  const [places, setPlaces] = useState<readonly Place[]>([]);
  useEffect(() => {
    let isOpen = true;
    const isAdmin = presentUser(client)?.role === 'admin';
    const loading = import('./places').then(({ loadPlaces }) => loadPlaces(isAdmin));
    // Without them the palette finds the rest.
    loading.then((loaded) => isOpen && setPlaces(loaded)).catch(() => undefined);
    return () => {
      isOpen = false;
    };
  }, [client]);
  return useMemo(
    () =>
      places.map(({ name, words, to }) => ({
        ...{ name, words, icon: 'sliders' },
        run: () => ('path' in to ? void navigate(to.path) : openSettings(to.section, to.setting)),
      })),
    [places, navigate, openSettings],
  );
}

function commandChoice({ name, icon, keys }: Command): Choice {
  const row = (
    <>
      <Icon name={icon} />
      <span className="choice-name">{name}</span>
      {keys && <kbd className="choice-note">{keyNames(keys).join(' ')}</kbd>}
    </>
  );
  return { id: name, row };
}

function chatChoice({ id, title, snippet, updated_at: at }: ChatListItem): Choice {
  const row = (
    <>
      <span className="choice-name" dir="auto">
        {title}
      </span>
      <span className="choice-note" dir="auto">
        {snippet || dateText(at * 1_000, { dateStyle: 'medium' })}
      </span>
    </>
  );
  return { id, row };
}

function section(name: string, choices: Choice[]): Choice[] {
  return choices.length === 0 ? [] : [{ id: `\n${name}`, heading: true, row: name }, ...choices];
}

/** A value that has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
