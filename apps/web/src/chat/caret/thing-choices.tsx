import type { ChatListItem } from '@perennial/contracts-wire';
import { useMemo } from 'react';
import { useParams } from 'react-router';
import { useFiles } from '../../knowledge/file-queries';
import { useBases } from '../../knowledge/knowledge-queries';
import { t } from '../../messages';
import { chatChoice, section } from '../../search/commands';
import { useStore } from '../../state/store';
import { useSettled } from '../../state/use-settled';
import type { Choice } from '../../ui/choices';
import { Icon } from '../../ui/icon';
import { useChats, useChatSearch } from '../chat-queries';
import { useDeletions } from '../deletions-provider';
import { to } from '../organise/messages';
import { CaretChoices } from './caret-choices';
import type { SignProps } from './caret-list';

/** Of each kind; who looks for another one writes on. */
const SHOWN = 20;

/** Knowledge bases, files and other chats, which go with the message. Chats go as files: what is said in them later is not in there. */
export function ThingChoices({ box, draft, trigger, take, onDismiss }: SignProps) {
  const { chatId: here } = useParams();
  const query = useSettled(trigger.query);
  const hidden = useStore(useDeletions().hidden);
  const bases = useBases(query).data?.pages;
  const files = useFiles(query).data?.pages;
  const recent = useChats().data?.pages;
  const found = useChatSearch(query).data?.pages;
  const isSettled = query === trigger.query;
  const wanted = trigger.query.toLocaleLowerCase();
  const things = useMemo(() => {
    // What was found for the text before may not fit any more.
    const fits = (name: string) => name.toLocaleLowerCase().includes(wanted);
    const all = (query === '' ? recent : found)?.flat() ?? [];
    return {
      bases: (bases?.flatMap(({ items }) => items) ?? []).filter(({ name }) => isSettled || fits(name)).slice(0, SHOWN),
      files: (files?.flatMap(({ items }) => items) ?? []).filter(({ filename }) => fits(filename)).slice(0, SHOWN),
      chats: all
        .filter(({ id, title }) => id !== here && !hidden.has(id) && ((isSettled && query !== '') || fits(title)))
        .slice(0, SHOWN),
    };
  }, [bases, files, recent, found, query, wanted, isSettled, here, hidden]);
  const choices = [
    ...section(
      t('knowledge.bases'),
      things.bases.map(({ id, name, file_count: count }) => ({
        id,
        row: <Named icon="books" name={name} note={t('knowledge.fileCount', { count })} />,
      })),
    ),
    ...section(
      t('knowledge.files'),
      things.files.map(({ id, filename }): Choice => ({ id, row: <Named icon="file" name={filename} /> })),
    ),
    ...section(t('chats'), things.chats.map(chatChoice)),
  ];
  const choose = (id: string) => {
    const base = things.bases.find((base) => base.id === id);
    const file = things.files.find((file) => file.id === id);
    const chat = things.chats.find((chat) => chat.id === id);
    take(() => {
      if (base) draft.choose({ id, name: base.name });
      if (file) draft.uploads.adopt([{ fileId: id, name: file.filename, size: file.meta.size }]);
      if (chat) void addChat(chat);
    });
  };
  const addChat = async ({ id, title }: ChatListItem) => {
    draft.problem.set(undefined);
    try {
      const { chatFile } = await import('../organise/export/chat-file');
      draft.add([await chatFile({ id, title })]);
    } catch (error) {
      draft.problem.set(to('caret.chatNotRead', { title, reason: error instanceof Error ? error.message : '' }));
    }
  };
  return <CaretChoices {...{ box, trigger, choices, onDismiss }} name={t('box.add')} onChoose={choose} />;
}

function Named({ icon, name, note }: { icon: 'books' | 'file'; name: string; note?: string }) {
  return (
    <>
      <Icon name={icon} />
      <span className="choice-name" dir="auto">
        {name}
      </span>
      {note !== undefined && <span className="choice-note">{note}</span>}
    </>
  );
}
