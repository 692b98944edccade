import type { ChatOutline, Message } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { t } from '../messages';
import { numberText } from '../messages/formats';
import { ChoiceList } from '../ui/choice-list';
import { Dialog } from '../ui/dialog';
import { outlineKey } from './chat-keys';
import { textOf } from './thread';

interface OutlineProps {
  /** The chat if the page has only its end. */
  chatId: string | undefined;
  thread: readonly Message[];
  onChoose: (messageId: string) => void;
  onClose: () => void;
}

/** A line is as long as it is seen. */
const SHOWN_CHARACTERS = 120;

/** The questions of a chat, to go to one of them. */
export default function Outline({ chatId, thread, onChoose, onClose }: OutlineProps) {
  const [text, setText] = useState('');
  const earlier = useEarlierQuestions(chatId, thread[0]);
  const choices = useMemo(() => {
    const wanted = text.trim().toLocaleLowerCase();
    const here = thread
      .filter(({ role }) => role === 'user')
      .map((message) => ({ id: message.id, words: textOf(message) }));
    return [...earlier, ...here]
      .map((question, at) => ({ ...question, at }))
      .filter(({ words }) => words.toLocaleLowerCase().includes(wanted))
      .map(({ id, at, words }) => ({
        id,
        row: (
          <>
            <span className="choice-number">{numberText(at + 1)}</span>
            <span className="choice-name" dir="auto">
              {words.slice(0, SHOWN_CHARACTERS) || t('question')}
            </span>
          </>
        ),
      }));
  }, [thread, earlier, text]);
  return (
    <Dialog title={t('outline')} className="finder" onClose={onClose}>
      <ChoiceList
        name={t('outline.search')}
        text={text}
        onText={setText}
        choices={choices}
        onChoose={(id) => {
          onClose();
          onChoose(id);
        }}
        empty={t('find.nothing', { query: text.trim() })}
      />
    </Dialog>
  );
}

interface Line {
  id: string;
  words: string;
}

/** The questions before a message of the thread that the page does not have yet: their beginnings. */
function useEarlierQuestions(chatId: string | undefined, first: Message | undefined): readonly Line[] {
  const outline = useQuery({
    queryKey: outlineKey(chatId ?? ''),
    queryFn: () => call(routes.chats.outline, { params: { id: chatId! } }),
    enabled: chatId !== undefined,
  });
  return useMemo(() => questionsBefore(outline.data, first?.parentId), [outline.data, first?.parentId]);
}

/** The questions of a branch up to a message, oldest first. */
export function questionsBefore(outline: ChatOutline | undefined, end: string | null | undefined): Line[] {
  const byId = new Map(outline?.items.map((item) => [item.id, item]));
  const lines: Line[] = [];
  for (let item = byId.get(end ?? ''); item; item = byId.get(item.parent_id ?? '')) {
    // A circle of parents ends.
    byId.delete(item.id);
    if (item.role === 'user') lines.unshift({ id: item.id, words: item.text });
  }
  return lines;
}
