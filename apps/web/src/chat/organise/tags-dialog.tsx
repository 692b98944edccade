import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { t } from '../../messages';
import { shownTitle } from '../../messages/shown-title';
import { ChoiceList } from '../../ui/choice-list';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icon';
import { Problem } from '../../ui/problem';
import { rowOf } from '../chat-cache';
import { useChats, usePinnedChats } from '../chat-queries';
import type { NamedChat } from '../deletions-provider';
import { to } from './messages';
import { type NamedTag, setTag, tagFrom, useTags, useTagsOf } from './tag-queries';

/** Before the name of a tag that there is not yet. */
const NEW = '\n';

/** The tags of one chat, or those that several chats have in common: taken away, chosen from all, or made. */
export default function TagsDialog({ chats, onClose }: { chats: readonly NamedChat[]; onClose: () => void }) {
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const tags = useTags();
  const all = tags.data ?? [];
  const ids = chats.map(([id]) => id);
  const present = usePresent(ids, all);
  const wanted = tagFrom(text);
  const set = async (tag: NamedTag, has: boolean) => {
    setText('');
    setProblem(undefined);
    const fault = await setTag(client, ids, tag, has);
    if (fault) setProblem(to('tag.notKept', { reason: fault.message }));
  };
  const isPresent = (id: string) => present.some((tag) => tag.id === id);
  const others = all.filter(({ id }) => id.includes(wanted.id) && !isPresent(id));
  const isNew = wanted.id !== '' && !isPresent(wanted.id) && all.every(({ id }) => id !== wanted.id);
  const choices = [
    ...others.map(({ id, name }) => ({ id, row: <Name>{name}</Name> })),
    ...(isNew ? [{ id: NEW, row: <Name>{to('tag.addNamed', { name: wanted.name })}</Name> }] : []),
  ];
  const title =
    chats.length === 1
      ? to('tag.of', { title: shownTitle(chats[0]?.[1] ?? '') })
      : to('tag.ofSeveral', { count: chats.length });
  return (
    <Dialog title={title} className="finder" onClose={onClose}>
      <div aria-live="polite">
        {present.length > 0 && (
          <ul className="tags" aria-label={to('tag.all')}>
            {present.map((tag) => (
              <li key={tag.id} className="tag">
                <span dir="auto">{tag.name}</span>
                <button
                  type="button"
                  className="icon-button"
                  aria-label={to('tag.remove', { name: tag.name })}
                  onClick={({ currentTarget }) => {
                    // The button goes.
                    currentTarget.closest('dialog')?.querySelector('input')?.focus();
                    void set(tag, false);
                  }}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      <Problem of={problem} />
      <ChoiceList
        name={to('tag.add')}
        text={text}
        onText={setText}
        choices={choices}
        onChoose={(id) => {
          const tag = id === NEW ? wanted : all.find((one) => one.id === id);
          if (tag) void set(tag, true);
        }}
        empty={<Empty busy={tags.isPending} error={tags.error} query={wanted.name} />}
      />
    </Dialog>
  );
}

function Name({ children }: { children: string }) {
  return (
    <span className="choice-name" dir="auto">
      {children}
    </span>
  );
}

function Empty({ busy, error, query }: { busy: boolean; error: Error | null; query: string }) {
  if (error) return <span role="alert">{error.message}</span>;
  if (busy) return <span role="status">{t('find.searching')}</span>;
  return <span role="status">{query === '' ? to('tag.none') : t('find.nothing', { query })}</span>;
}

/** The tags that all of the chats have. */
function usePresent(chatIds: readonly string[], all: readonly NamedTag[]): readonly NamedTag[] {
  const client = useQueryClient();
  const ofFirst = useTagsOf(chatIds[0] ?? '').data ?? [];
  // Several are chosen from the list: what is changed is changed there.
  useChats();
  usePinnedChats();
  if (chatIds.length === 1) return ofFirst;
  const known = new Map([...all, ...ofFirst].map((tag) => [tag.id, tag]));
  const lists = chatIds.map((id) => rowOf(client, id)?.tags ?? []);
  return (lists[0] ?? []).filter((id) => lists.every((list) => list.includes(id))).flatMap((id) => known.get(id) ?? []);
}

export { textsLoaded } from './messages';
