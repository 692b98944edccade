import type { Message } from '@perennial/contracts-wire';
import { useMemo, useState } from 'react';
import { t } from '../messages';
import { numberText } from '../messages/formats';
import { ChoiceList } from '../ui/choice-list';
import { Dialog } from '../ui/dialog';
import { textOf } from './thread';

interface OutlineProps {
  thread: readonly Message[];
  onChoose: (messageId: string) => void;
  onClose: () => void;
}

/** A line is as long as it is seen. */
const SHOWN_CHARACTERS = 120;

/** The questions of a chat, to go to one of them. */
export default function Outline({ thread, onChoose, onClose }: OutlineProps) {
  const [text, setText] = useState('');
  const choices = useMemo(() => {
    const wanted = text.trim().toLocaleLowerCase();
    const questions = thread
      .filter(({ role }) => role === 'user')
      .map((message, at) => ({ message, at, words: textOf(message) }));
    return questions
      .filter(({ words }) => words.toLocaleLowerCase().includes(wanted))
      .map(({ message, at, words }) => ({
        id: message.id,
        row: (
          <>
            <span className="choice-number">{numberText(at + 1)}</span>
            <span className="choice-name" dir="auto">
              {words.slice(0, SHOWN_CHARACTERS) || t('question')}
            </span>
          </>
        ),
      }));
  }, [thread, text]);
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
