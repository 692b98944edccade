import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useMatch, useNavigate, useSearchParams } from 'react-router';
import { presentUser } from '../auth/use-session';
import { rowOf } from '../chat/chat-cache';
import { useChats, useChatSearch } from '../chat/chat-queries';
import { useDeletions } from '../chat/deletions-provider';
import { to } from '../chat/organise/messages';
import { useTags } from '../chat/organise/tag-queries';
import { useChatDeeds } from '../chat/organise/use-chat-deeds';
import { t } from '../messages';
import { useOpenSettings } from '../settings/use-settings';
import { useStore } from '../state/store';
import { useSettled } from '../state/use-settled';
import { ChoiceList } from '../ui/choice-list';
import { Dialog } from '../ui/dialog';
import { chatChoice, type Command, commandChoice, section, useCommands } from './commands';
import { OperatorButtons, operatorChoice, operatorsFor } from './operators';
import type { Place } from './places';

interface PaletteProps {
  /** What is looked for at first. */
  text?: string;
  onShortcuts: () => void;
  onClose: () => void;
}

/** Finds chats by their titles and texts, and what the page can do. */
export default function Palette({ text: first = '', onShortcuts, onClose }: PaletteProps) {
  const [text, setText] = useState(first);
  const query = useSettled(text.trim());
  const navigate = useNavigate();
  const [address, setAddress] = useSearchParams();
  useEffect(() => {
    if (address.has('find')) setAddress({}, { replace: true });
  }, [address, setAddress]);
  const hidden = useStore(useDeletions().hidden);
  const recent = useChats();
  const search = useChatSearch(query);
  const always = useCommands(onShortcuts);
  const ofShown = useItemsOfShown();
  // Without a text they would hide the chats.
  const commands = text.trim() === '' ? always : [...ofShown, ...always];
  const places = usePlaces();
  const tags = useTags().data;
  const operators = useMemo(() => operatorsFor(text, tags ?? []), [text, tags]);
  const found = query === '' ? recent : search;
  const pages = found.data?.pages;

  const choices = useMemo(() => {
    const chats = (pages?.flat() ?? []).filter(({ id, archived }) => !hidden.has(id) && (query !== '' || !archived));
    const wanted = text.trim().toLowerCase();
    const fittingPlaces =
      wanted === '' ? [] : places.filter(({ words }) => wanted.split(/\s+/).every((word) => words.includes(word)));
    const fitting = commands.filter(({ name }) => name.toLowerCase().includes(wanted));
    return [
      ...section(to('find.narrow'), operators.map(operatorChoice)),
      ...section(t('find.commands'), fitting.map(commandChoice)),
      ...section(t('settings'), fittingPlaces.map(commandChoice)),
      ...section(query === '' ? t('chats.recent') : t('chats'), chats.map(chatChoice)),
    ];
  }, [pages, hidden, commands, places, operators, text, query]);

  const choose = (id: string) => {
    const operator = operators.find(({ words }) => words === id);
    if (operator) return setText(operator.text);
    onClose();
    const command = [...commands, ...places].find(({ name }) => name === id);
    if (command) return command.run();
    // A hit leads to its message; a title leads to where the chat was read.
    const message = pages?.flat().find((chat) => chat.id === id)?.message_id;
    void navigate(message === undefined ? `/c/${id}` : `/c/${id}?m=${encodeURIComponent(message)}`);
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
      <OperatorButtons text={text} onText={setText} />
    </Dialog>
  );
}

/** What can be done with the chat behind the palette. */
function useItemsOfShown(): readonly Command[] {
  const client = useQueryClient();
  const deeds = useChatDeeds();
  const shown = useMatch('/c/:chatId')?.params.chatId;
  const [items, setItems] = useState<readonly Command[]>([]);
  useEffect(() => {
    const chat = shown === undefined ? undefined : rowOf(client, shown);
    if (chat) deeds.items(chat, {}).then(setItems, () => undefined);
  }, [client, deeds, shown]);
  return items;
}

function Empty({ busy, error, query }: { busy: boolean; error: Error | null; query: string }) {
  if (busy) return <span role="status">{t('find.searching')}</span>;
  if (error) return <span role="alert">{error.message}</span>;
  return <span role="status">{t('find.nothing', { query })}</span>;
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

export { textsLoaded } from '../chat/organise/messages';
