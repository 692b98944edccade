import type { Message } from '@perennial/contracts-wire';
import { MarkdownView } from '@perennial/web-ui/markdown';
import { memo, type Ref, useEffect, useMemo, useState } from 'react';
import { t } from '../../messages';
import { useStore } from '../../state/store';
import { useLastingLoss } from '../../state/use-lasting-loss';
import { documentsOf, followUpsOf } from '../answer-news';
import { DocumentsStatus } from '../documents-status';
import { useDrafts } from '../drafts';
import { useNews } from '../live';
import { picturesOf } from '../pictures';
import { failureOf } from '../thread';
import { useMessageActions } from './actions';
import { Announcement } from './announcement';
import { AnswerActions } from './answer-actions';
import { AnswerProblem } from './answer-problem';
import { useAnswerText } from './answer-text';
import { CitationsContext } from './citation';
import { type CitedDocument, citedDocuments } from './citations';
import { FollowUps } from './follow-ups';
import { MessageEditor } from './message-editor';
import { MessagePictures } from './message-pictures';
import { NO_RUN } from './runs/run';
import { useRun } from './runs/use-run';
import { SourceDialog, SourceList } from './sources';
import { Thoughts } from './thoughts';

interface AnswerProps {
  ref: Ref<HTMLLIElement>;
  message: Message;
  /** Of the model that writes it. */
  name?: string;
  /** Ids of all messages with the same parent, a line each: a text, so that an equal one renders nothing. */
  versionIds: string;
  /** The run that is writing this answer. */
  runId?: string;
  /** It is the end of what is shown. */
  last: boolean;
}

/** An answer: stored, or growing while its run writes it. Its words do not pass through here: they render in the blocks that they change. */
export const Answer = memo(function Answer({ ref, message, name, versionIds, runId, last }: AnswerProps) {
  const { ended, keepInstead } = useMessageActions();
  const { edits } = useDrafts();
  const run = useRun(runId);
  const state = useStore(run?.state ?? NO_RUN);
  const told = useNews(message.id);
  const [opened, setOpened] = useState<CitedDocument>();
  const [editing, setEditing] = useState(() => edits.read(message.id) !== undefined);
  const { statuses, sources } = useMemo(() => documentsOf(message, told), [message, told]);
  const documents = useMemo(() => citedDocuments(sources), [sources]);
  const citations = useMemo(() => ({ documents, open: setOpened }), [documents]);
  const { document, thoughts, hasAnswer, streamed, end } = useAnswerText(message, runId, run);
  // A stored answer that is not done is incomplete, even if its run is not known here yet.
  const writing = (runId !== undefined || message.done === false) && !end;
  const [seenWriting] = useState(writing);
  const failure = end?.error ?? failureOf(message);
  const stopped = end?.state === 'cancelled' || (message.incomplete === true && !failure);
  const isOver = state.end !== undefined;

  useEffect(() => {
    if (isOver) ended();
  }, [isOver, ended]);

  return (
    <li ref={ref} className="message-assistant" data-message={message.id} aria-busy={writing}>
      <header>
        <bdi>{name ?? t('answer.unnamed')}</bdi>
      </header>
      <DocumentsStatus statuses={statuses} writing={writing && !hasAnswer} />
      <CitationsContext value={citations}>
        {thoughts && <Thoughts of={thoughts} thinking={writing && !hasAnswer} />}
        {editing && !writing ? (
          <MessageEditor
            messageId={message.id}
            text={document.text}
            name={t('answer.edit')}
            done={t('action.save')}
            hint={t('answer.editHint')}
            onDone={(wanted) => keepInstead(message, wanted)}
            onClose={() => setEditing(false)}
          />
        ) : hasAnswer ? (
          <MarkdownView document={document} grew={streamed} />
        ) : (
          writing && <p className="waiting" aria-label={t('answer.waiting')} />
        )}
      </CitationsContext>
      {seenWriting && <Announcement writing={writing} answering={hasAnswer} answer={document} />}
      {failure && <AnswerProblem code={failure.code} message={failure.message} />}
      <MessagePictures pictures={picturesOf(message)} />
      {!writing && <SourceList documents={documents} onOpen={setOpened} />}
      <footer className="message-foot">
        {writing && !state.connected && <Reconnecting />}
        {stopped && !writing && <span>{t('answer.stopped')}</span>}
        {!writing && !editing && (
          <AnswerActions
            message={message}
            modelName={name}
            text={document.text}
            versionIds={versionIds}
            last={last}
            cut={hasAnswer && (stopped || failure !== undefined)}
            onEdit={() => setEditing(true)}
          />
        )}
      </footer>
      {last && !writing && !editing && <FollowUps after={message} texts={followUpsOf(message, told)} />}
      {opened && <SourceDialog document={opened} onClose={() => setOpened(undefined)} />}
    </li>
  );
});

function Reconnecting() {
  const lasts = useLastingLoss(true);
  return <span role="status">{lasts && t('answer.reconnecting')}</span>;
}
