import type { Message } from '@perennial/contracts-wire';
import { MarkdownDocument, MarkdownView } from '@perennial/web-ui/markdown';
import { memo, useEffect, useMemo, useState } from 'react';
import { Link } from 'react-router';
import { originalAddress } from '../files/original-address';
import { Icon } from '../ui/icon';
import { useStore } from '../ui/store';
import { Announcement } from './announcement';
import { documentsOf } from './answer-news';
import { CitationsContext } from './citation';
import { type CitedDocument, citedDocuments } from './citations';
import { DocumentsStatus } from './documents-status';
import { useNews } from './live';
import { NO_RUN, type Run } from './runs/run';
import { useRun } from './runs/use-run';
import { SourceDialog, SourceList } from './sources';
import { Thoughts } from './thoughts';
import { attachmentsOf, errorOf, textOf, thoughtsOf } from './thread';

export const UserMessage = memo(function UserMessage({ message }: { message: Message }) {
  const attached = attachmentsOf(message);
  return (
    <li className="message-user">
      <span className="visually-hidden">You: </span>
      <div dir="auto">{textOf(message)}</div>
      {attached.length > 0 && (
        <ul className="message-files" aria-label="Attached">
          {attached.map(({ type, id, name }) => (
            <li key={id}>
              <Icon name={type === 'file' ? 'file' : 'books'} />
              {type === 'file' ? (
                <a href={originalAddress(id)} target="_blank" rel="noopener">
                  {name}
                </a>
              ) : (
                <Link to={`/knowledge/${id}`}>{name}</Link>
              )}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
});

interface AnswerProps {
  message: Message;
  /** Ids of all answers to the same message, a line each: a text, so that an equal one renders nothing. */
  versionIds: string;
  /** The run that is writing this answer. */
  runId?: string;
  /** The run has ended: what it wrote is stored. */
  onEnd: () => void;
  /** Answers again; absent if that makes no sense. */
  onRetry?: (answer: Message) => void;
  onShowVersion: (id: string) => void;
}

/** An answer: stored, or growing while its run writes it. Its words do not pass through here: they render in the blocks that they change. */
export const AssistantMessage = memo(function AssistantMessage(props: AnswerProps) {
  const { message, versionIds, runId, onEnd, onRetry, onShowVersion } = props;
  const run = useRun(runId);
  const state = useStore(run?.state ?? NO_RUN);
  const told = useNews(message.id);
  const [opened, setOpened] = useState<CitedDocument>();
  const { statuses, sources } = useMemo(() => documentsOf(message, told), [message, told]);
  const documents = useMemo(() => citedDocuments(sources), [sources]);
  const citations = useMemo(() => ({ documents, open: setOpened }), [documents]);
  const versions = versionIds.split('\n');
  const { document, thoughts, hasAnswer, streamed } = useAnswer(message, runId, run);
  const end = streamed ? state.end : undefined;
  // A stored answer that is not done is incomplete, even if its run is not known here yet.
  const writing = (runId !== undefined || message.done === false) && !end;
  const [seenWriting] = useState(writing);
  const error = end?.error?.message ?? errorOf(message);
  const stopped = end?.state === 'cancelled' || (message.incomplete === true && !error);
  const ended = state.end !== undefined;

  useEffect(() => {
    if (ended) onEnd();
  }, [ended, onEnd]);

  return (
    <li className="message-assistant" aria-busy={writing}>
      <header dir="auto">{message.modelName ?? message.model ?? 'Assistant'}</header>
      <DocumentsStatus statuses={statuses} writing={writing && !hasAnswer} />
      <CitationsContext value={citations}>
        {thoughts && <Thoughts of={thoughts} thinking={writing && !hasAnswer} />}
        {hasAnswer ? (
          <MarkdownView document={document} />
        ) : (
          writing && <p className="waiting" aria-label="Waiting for the first word" />
        )}
      </CitationsContext>
      {seenWriting && <Announcement writing={writing} answering={hasAnswer} answer={document} />}
      {error && (
        <p className="problem" role="alert">
          {error}
        </p>
      )}
      {!writing && <SourceList documents={documents} onOpen={setOpened} />}
      <footer className="message-foot">
        {writing && !state.connected && <span role="status">Reconnecting to this answer…</span>}
        {stopped && !writing && <span>Stopped.</span>}
        {versions.length > 1 && <Versions of={message.id} among={versions} onShow={onShowVersion} />}
        {!writing && onRetry && (
          <button type="button" className="button button-quiet" onClick={() => onRetry(message)}>
            Try again
          </button>
        )}
      </footer>
      {opened && <SourceDialog document={opened} onClose={() => setOpened(undefined)} />}
    </li>
  );
});

interface Answer {
  document: MarkdownDocument;
  thoughts: string | MarkdownDocument | undefined;
  hasAnswer: boolean;
  /** It is shown as its run wrote it, not as it is stored. */
  streamed: boolean;
}

/**
 * What of an answer is shown. The stream is newer than the stored text, except before its first event. It stays after its end if the stored
 * text is the same, so that nothing is made again.
 */
function useAnswer(message: Message, runId: string | undefined, run: Run | undefined): Answer {
  const state = useStore(run?.state ?? NO_RUN);
  const stored = textOf(message);
  const isCurrent = runId !== undefined || !message.done || (state.end !== undefined && run?.answer.text === stored);
  const streamed = run !== undefined && state.begun && isCurrent ? run : undefined;
  const document = useMemo(() => streamed?.answer ?? MarkdownDocument.of(stored), [streamed, stored]);
  if (!streamed) {
    return { document, thoughts: thoughtsOf(message) || undefined, hasAnswer: stored !== '', streamed: false };
  }
  const thoughts = state.hasThoughts ? streamed.thoughts : undefined;
  return { document, thoughts, hasAnswer: state.hasAnswer, streamed: true };
}

/** Switches between answers to the same message. */
function Versions({ of, among, onShow }: { of: string; among: string[]; onShow: (id: string) => void }) {
  const place = among.indexOf(of);
  const step = (name: string, sign: string, to: string | undefined) => (
    <button
      type="button"
      className="button button-quiet"
      aria-label={name}
      disabled={to === undefined}
      onClick={() => to !== undefined && onShow(to)}
    >
      {sign}
    </button>
  );
  return (
    <span role="group" aria-label="Versions of this answer">
      {step('Previous version', '‹', among[place - 1])}
      {place + 1} of {among.length}
      {step('Next version', '›', among[place + 1])}
    </span>
  );
}
