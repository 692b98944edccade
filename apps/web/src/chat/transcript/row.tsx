import type { Message } from '@perennial/contracts-wire';
import { plainText } from '@perennial/web-ui/markdown';
import { memo, type Ref, useCallback, useMemo, useState } from 'react';
import { Store, useStore } from '../../state/store';
import { failureOf, textOf } from '../thread';
import { Answer } from './answer';
import { MessageBoundary } from './message-boundary';
import { PRINTING } from './printing';
import { Question } from './question';
import type { Reader } from './reader';
import type { Reading } from './readings';
import { heightOf } from './row-heights';

interface RowProps {
  message: Message;
  /** Of the model that wrote it. */
  name?: string;
  /** Ids of all messages with the same parent, a line each: a text, so that an equal one renders nothing. */
  versionIds: string;
  /** The server has it. */
  stored: boolean;
  /** The run that is writing this answer. */
  runId?: string;
  /** It is the end of what is shown. */
  last: boolean;
  /** It is shown in full before it is known whether it is near the view. */
  warmAtFirst: boolean;
  reader: Reader;
  reading: Reading;
}

/** A message: in full near the view, and as plain text far from it. */
export const Row = memo(function Row(props: RowProps) {
  const { message, name, versionIds, stored, runId, last, warmAtFirst, reader, reading } = props;
  const [warm] = useState(() => new Store(warmAtFirst));
  const ref = useCallback((row: HTMLElement | null) => reader.takeRow(row, warm), [reader, warm]);
  const printing = useStore(PRINTING);
  const isWarm = useStore(warm) || last || printing;
  if (!isWarm) return <ColdRow ref={ref} message={message} reading={reading} />;
  return (
    <MessageBoundary message={message}>
      {message.role === 'assistant' ? (
        <Answer ref={ref} message={message} name={name} versionIds={versionIds} runId={runId} last={last} />
      ) : (
        <Question ref={ref} message={message} versionIds={versionIds} stored={stored} />
      )}
    </MessageBoundary>
  );
});

interface ColdRowProps {
  ref: Ref<HTMLLIElement>;
  message: Message;
  reading: Reading;
}

/** The words of a message, in as much room as it takes when it is shown in full. */
function ColdRow({ ref, message, reading }: ColdRowProps) {
  const isAnswer = message.role === 'assistant';
  const text = useMemo(() => (isAnswer ? plainText(textOf(message)) : textOf(message)), [isAnswer, message]);
  return (
    <li
      ref={ref}
      className={isAnswer ? 'message-cold message-assistant' : 'message-cold message-user'}
      data-message={message.id}
      data-cold
      dir="auto"
      style={{ blockSize: heightOf(message, reading) }}
    >
      {text || failureOf(message)?.message}
    </li>
  );
}
