import type { Message } from '@perennial/contracts-gateway';
import { useEffect } from 'react';
import { Markdown } from './markdown';
import { errorOf, textOf } from './thread';
import { useRunText } from './use-run-text';

export function UserMessage({ message }: { message: Message }) {
  return (
    <li className="message-user">
      <span className="visually-hidden">You: </span>
      {textOf(message)}
    </li>
  );
}

interface AnswerProps {
  message: Message;
  /** The run that writes this answer, while it does. */
  runId?: string;
  onEnd: () => void;
  onGrow: () => void;
  /** Answers again; absent where that makes no sense. */
  onRetry?: () => void;
}

/** An answer: stored, or growing while its run writes it. */
export function AssistantMessage({ message, runId, onEnd, onGrow, onRetry }: AnswerProps) {
  const { run, connected } = useRunText(runId);
  const ended = run?.end !== undefined;
  const stored = textOf(message);
  // What the stream holds is newer than what was loaded, except before its first event.
  const text = run && (run.text.length > 0 || ended) ? run.text : stored;
  const writing = runId !== undefined && !ended;
  const error = run?.end?.error?.message ?? errorOf(message);
  const stopped = run?.end?.state === 'cancelled' || (message.incomplete === true && !error);

  useEffect(() => {
    if (ended) onEnd();
  }, [ended, onEnd]);
  useEffect(() => onGrow(), [text.length, onGrow]);

  return (
    <li className="message-assistant" aria-busy={writing}>
      <header>{message.modelName ?? message.model ?? 'Assistant'}</header>
      {text ? <Markdown text={text} /> : writing && <p className="waiting" aria-label="Waiting for the first word" />}
      {error && (
        <p className="problem" role="alert">
          {error}
        </p>
      )}
      <footer className="message-foot">
        {writing && !connected && <span role="status">Reconnecting to this answer…</span>}
        {stopped && !writing && <span>Stopped.</span>}
        {!writing && onRetry && (
          <button type="button" className="button button-quiet" onClick={onRetry}>
            Try again
          </button>
        )}
      </footer>
    </li>
  );
}
