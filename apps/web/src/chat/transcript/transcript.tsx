import type { Message } from '@perennial/contracts-wire';
import { MarkdownPartsContext } from '@perennial/web-ui/markdown';
import { useEffect, useState } from 'react';
import { t } from '../../messages';
import { useStore } from '../../state/store';
import { Icon } from '../../ui/icon';
import { useShortcut } from '../../ui/shortcuts';
import { modelNameOf } from '../thread';
import { type Around, useChatActions } from '../use-chat-actions';
import { MessageActionsContext } from './actions';
import { markdownParts } from './citation';
import { type Group, groupsOf } from './groups';
import { PRINTING, usePrinting } from './printing';
import { QuoteButton } from './quote-button';
import type { Reader } from './reader';
import type { Reading } from './readings';
import { Row } from './row';
import { heightOf } from './row-heights';
import { SPEAKER } from './speech/browser-voice';
import { FIRST, useGradually } from './use-gradually';

/** Messages before and after the place that was read, which are there at once. */
const AROUND_PLACE = 10;
/** Between two messages, in pixels. */
const GAP = 20;

export interface TranscriptProps {
  chatId: string | undefined;
  thread: readonly Message[];
  /** Of these the server has all. */
  stored: readonly Message[];
  /** Ids of the children of each message. */
  versions: ReadonlyMap<string, readonly string[]>;
  /** The run that writes the last answer. */
  runId: string | undefined;
  /** Names of models, by id. */
  names: ReadonlyMap<string, string>;
  reader: Reader;
  around: Around;
  onQuote: (text: string) => void;
  /** There are earlier messages: fetches them. */
  onEarlier?: () => void;
}

/** The messages of a chat. */
export function Transcript({
  chatId,
  thread,
  stored,
  versions,
  runId,
  names,
  reader,
  around,
  onQuote,
  onEarlier,
}: TranscriptProps) {
  const last = thread.at(-1);
  const actions = useChatActions(around);
  const [parts] = useState(markdownParts);
  usePrinting();
  // What is read is not in the chat that is shown next.
  useEffect(() => () => SPEAKER.stop(), [chatId]);
  useShortcut('copyAnswer', () =>
    press('.thread > :last-child > .message-assistant:last-child .message-actions > button:first-child'),
  );
  useShortcut('copyCode', () => press('.code-head > button:last-of-type'));
  const reading = reader.readingOf(chatId);
  const place = placeIn(thread, reading);
  const gradually = useGradually(chatId, thread.length, place === undefined ? 0 : thread.length - place + AROUND_PLACE);
  const shown = useStore(PRINTING) ? thread.length : gradually;
  const groups = groupsOf(thread, useAnchor(thread), shown);
  const known = new Set(stored.map(({ id }) => id));
  const versionIds = ({ id, parentId }: Message) => (versions.get(parentId ?? '') ?? [id]).join('\n');
  const newest = new Set(thread.slice(-FIRST));
  const read = new Set(
    place === undefined ? [] : thread.slice(Math.max(0, place - AROUND_PLACE), place + AROUND_PLACE),
  );
  return (
    <MarkdownPartsContext value={parts}>
      <MessageActionsContext value={actions}>
        <div
          className="messages"
          ref={reader.takeView}
          role="log"
          aria-live="off"
          aria-label={t('chat.conversation')}
          tabIndex={0}
        >
          {onEarlier && shown >= thread.length && (
            <button type="button" className="button button-quiet" onClick={onEarlier}>
              {t('chat.earlier')}
            </button>
          )}
          <div className="thread" ref={reader.takeList}>
            {groups.map((group) => (
              <ol
                key={group.key}
                aria-label={t('chat.messages')}
                data-read={place !== undefined && group.messages.includes(thread[place]!)}
                ref={reader.warmth.takeGroup}
                style={{ containIntrinsicBlockSize: `auto ${heightOfGroup(group, reading)}px` }}
              >
                {group.messages.map((message) => (
                  <Row
                    key={message.id}
                    message={message}
                    name={modelNameOf(message, names)}
                    versionIds={versionIds(message)}
                    stored={known.has(message.id)}
                    runId={message === last ? runId : undefined}
                    last={message === last}
                    warmAtFirst={newest.has(message) || read.has(message)}
                    reader={reader}
                    reading={reading}
                  />
                ))}
              </ol>
            ))}
          </div>
        </div>
        <MoreBelow reader={reader} />
        <QuoteButton onQuote={onQuote} />
      </MessageActionsContext>
    </MarkdownPartsContext>
  );
}

/** The message that began the first group when the chat was opened. */
function useAnchor(thread: readonly Message[]): string | undefined {
  const [anchor, setAnchor] = useState<string>();
  if (anchor !== undefined && thread.some(({ id }) => id === anchor)) return anchor;
  const first = thread[0]?.id;
  if (first !== anchor) setAnchor(first);
  return first;
}

/** Where in the thread the reader left it. */
function placeIn(thread: readonly Message[], { place }: Reading): number | undefined {
  const at = place === undefined ? -1 : thread.findIndex(({ id }) => id === place.message);
  return at === -1 ? undefined : at;
}

function heightOfGroup({ messages }: Group, reading: Reading): number {
  return messages.reduce((sum, message) => sum + heightOf(message, reading) + GAP, 0);
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
        <Icon name="down" /> {t('chat.moreBelow')}
      </button>
    </div>
  );
}
