import { splitThoughts } from '@perennial/contracts-gateway';
import type { Message } from '@perennial/contracts-wire';
import { useEffect, useMemo, useState } from 'react';
import { Link } from 'react-router';
import { originalAddress } from '../files/original-address';
import { Icon } from '../ui/icon';
import { useStore } from '../ui/store';
import { documentsOf } from './answer-news';
import { CitationsContext } from './citation';
import { type CitedDocument, citedDocuments } from './citations';
import { DocumentsStatus } from './documents-status';
import { useLive } from './live';
import { Markdown } from './markdown';
import { SourceDialog, SourceList } from './sources';
import { Thoughts } from './thoughts';
import { attachmentsOf, errorOf, textOf, thoughtsOf } from './thread';
import { useRunText } from './use-run-text';

export function UserMessage({ message }: { message: Message }) {
  const attached = attachmentsOf(message);
  return (
    <li className="message-user">
      <span className="visually-hidden">You: </span>
      {textOf(message)}
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
}

interface AnswerProps {
  message: Message;
  /** The run that is writing this answer. */
  runId?: string;
  onEnd: () => void;
  onGrow: () => void;
  /** Answers again; absent if that makes no sense. */
  onRetry?: () => void;
  /** Ids of all answers to the same message, including this one. */
  versions: string[];
  onShowVersion: (id: string) => void;
}

/** An answer: stored, or growing while its run writes it. */
export function AssistantMessage({ message, runId, onEnd, onGrow, onRetry, versions, onShowVersion }: AnswerProps) {
  const streamed = useRunText(runId);
  // A stored answer that is done needs no stream.
  const run = runId === undefined && message.done ? undefined : streamed.run;
  const told = useStore(useLive().news).get(message.id);
  const [opened, setOpened] = useState<CitedDocument>();
  const { statuses, sources } = useMemo(() => documentsOf(message, told), [message, told]);
  const documents = useMemo(() => citedDocuments(sources), [sources]);
  const citations = useMemo(() => ({ documents, open: setOpened }), [documents]);
  const ended = run?.end !== undefined;
  // The stream is newer than the loaded chat, except before its first event.
  const live = run && (run.text.length > 0 || ended) ? run.text : undefined;
  const { thoughts, answer: text } = useMemo(
    () =>
      live === undefined
        ? { thoughts: thoughtsOf(message), answer: textOf(message) }
        : splitThoughts(live, { growing: !ended }),
    [live, ended, message],
  );
  // A stored answer that is not done is incomplete, even if its run is not known here yet.
  const writing = (runId !== undefined || message.done === false) && !ended;
  const error = run?.end?.error?.message ?? errorOf(message);
  const stopped = run?.end?.state === 'cancelled' || (message.incomplete === true && !error);

  useEffect(() => {
    if (ended) onEnd();
  }, [ended, onEnd]);
  useEffect(() => onGrow(), [text.length, thoughts !== '', statuses.length, documents.length, onGrow]);

  return (
    <li className="message-assistant" aria-busy={writing}>
      <header>{message.modelName ?? message.model ?? 'Assistant'}</header>
      <DocumentsStatus statuses={statuses} writing={writing && text === ''} />
      <CitationsContext value={citations}>
        {thoughts && <Thoughts text={thoughts} thinking={writing && text === ''} />}
        {text ? <Markdown text={text} /> : writing && <p className="waiting" aria-label="Waiting for the first word" />}
      </CitationsContext>
      {error && (
        <p className="problem" role="alert">
          {error}
        </p>
      )}
      {!writing && <SourceList documents={documents} onOpen={setOpened} />}
      <footer className="message-foot">
        {writing && !streamed.connected && <span role="status">Reconnecting to this answer…</span>}
        {stopped && !writing && <span>Stopped.</span>}
        {versions.length > 1 && <Versions of={message.id} among={versions} onShow={onShowVersion} />}
        {!writing && onRetry && (
          <button type="button" className="button button-quiet" onClick={onRetry}>
            Try again
          </button>
        )}
      </footer>
      {opened && <SourceDialog document={opened} onClose={() => setOpened(undefined)} />}
    </li>
  );
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
