import type { Message } from '@perennial/contracts-wire';
import { MarkdownPartsContext } from '@perennial/web-ui/markdown';
import { Icon } from '../../ui/icon';
import { useShortcut } from '../../ui/shortcuts';
import { useStore } from '../../ui/store';
import { type MessageActions, MessageActionsContext } from './actions';
import { Answer } from './answer';
import { MARKDOWN_PARTS } from './citation';
import { Question } from './question';
import type { Reader } from './reader';
import { useGradually } from './use-gradually';

export interface TranscriptProps {
  chatId: string | undefined;
  thread: readonly Message[];
  /** Of these the server has all. */
  stored: readonly Message[];
  /** Ids of the children of each message. */
  versions: ReadonlyMap<string, readonly string[]>;
  /** The run that writes the last answer. */
  runId: string | undefined;
  reader: Reader;
  actions: MessageActions;
  /** There are earlier messages: fetches them. */
  onEarlier?: () => void;
}

/** The messages of a chat. */
export function Transcript({ chatId, thread, stored, versions, runId, reader, actions, onEarlier }: TranscriptProps) {
  const last = thread.at(-1);
  useShortcut('copyAnswer', () => press('.message-assistant:last-child .message-actions > button:first-child'));
  useShortcut('copyCode', () => press('.code-head > button:last-of-type'));
  const shown = useGradually(chatId, thread.length);
  const known = new Set(stored.map(({ id }) => id));
  const versionIds = ({ id, parentId }: Message) => (versions.get(parentId ?? '') ?? [id]).join('\n');
  return (
    <MarkdownPartsContext value={MARKDOWN_PARTS}>
      <MessageActionsContext value={actions}>
        <div
          className="messages"
          ref={reader.takeView}
          role="log"
          aria-live="off"
          aria-label="Conversation"
          tabIndex={0}
        >
          {onEarlier && shown >= thread.length && (
            <button type="button" className="button button-quiet" onClick={onEarlier}>
              Earlier messages
            </button>
          )}
          <ol aria-label="Messages" ref={reader.takeList}>
            {thread
              .slice(-shown)
              .map((message) =>
                message.role === 'assistant' ? (
                  <Answer
                    key={message.id}
                    message={message}
                    versionIds={versionIds(message)}
                    runId={message === last ? runId : undefined}
                    last={message === last}
                  />
                ) : (
                  <Question
                    key={message.id}
                    message={message}
                    versionIds={versionIds(message)}
                    stored={known.has(message.id)}
                  />
                ),
              )}
          </ol>
        </div>
        <MoreBelow reader={reader} />
      </MessageActionsContext>
    </MarkdownPartsContext>
  );
}

/** Presses the last such button of the conversation. */
function press(selector: string): void {
  const found = document.querySelectorAll<HTMLElement>(`.messages ${selector}`);
  found[found.length - 1]?.click();
}

/** Leads to the end of an answer that grew beyond the view. */
function MoreBelow({ reader }: { reader: Reader }) {
  const below = useStore(reader.below);
  if (!below) return null;
  return (
    <div className="more-below">
      <button type="button" className="button button-quiet button-small" onClick={reader.toEnd}>
        <Icon name="down" /> More below
      </button>
    </div>
  );
}
