import type { SocketEvent } from '@perennial/contracts-gateway';
import type { Message, MessageStatus } from '@perennial/contracts-wire';
import { Store } from '../state/store';
import { objectsIn, textIn, textsIn, wholeIn } from '../wire/narrow';

/** News from the live socket about an answer: its place in the queue, its documents, and what one might ask after it. */
export interface AnswerNews {
  statuses: readonly MessageStatus[];
  /** As the wire has them. */
  sources?: unknown;
  followUps?: readonly string[];
}

/** By the id of the answer's message. */
export type News = ReadonlyMap<string, AnswerNews>;

/** Answers whose news is kept; older ones are read from the chat. */
const KEPT = 50;
const FOLLOW_UPS = 3;

/** Takes an event about a place, documents or follow-ups; other events change nothing. */
export function takeNews(news: Store<News>, { message_id: id, data: event }: SocketEvent): void {
  if (id === undefined) return;
  const known = news.get().get(id) ?? { statuses: [] };
  if (event.type === 'status') {
    const begins = event.data.action === 'queries_generated';
    // Only the last place counts.
    const others = known.statuses.filter(({ action }) => action !== 'queued');
    // Another attempt at the same answer searches the documents again.
    keep(news, id, begins ? { statuses: [event.data] } : { ...known, statuses: [...others, event.data] });
  } else if (event.type === 'chat:completion' && 'sources' in event.data) {
    keep(news, id, { ...known, sources: event.data.sources });
  } else if (event.type === 'chat:message:follow_ups') {
    keep(news, id, { ...known, followUps: event.data.follow_ups });
  }
}

function keep(news: Store<News>, id: string, told: AnswerNews): void {
  const others = [...news.get()].filter(([other]) => other !== id);
  news.set(new Map([...others, [id, told] as const].slice(-KEPT)));
}

/** What one might ask after an answer: the few first. */
export function followUpsOf(message: Message, told: AnswerNews | undefined): readonly string[] {
  const texts = told?.followUps ?? textsIn(message, 'followUps');
  return [...new Set(texts)].filter((text) => text.trim() !== '').slice(0, FOLLOW_UPS);
}

/** The documents of an answer: the stored ones, or the news until then. */
export function documentsOf(message: Message, told: AnswerNews | undefined): AnswerNews {
  const statuses = objectsIn(message.statusHistory).flatMap((status): MessageStatus[] => {
    const action = textIn(status, 'action');
    if (action === undefined || typeof status['done'] !== 'boolean') return [];
    return [
      {
        ...status,
        action,
        done: status['done'],
        count: wholeIn(status, 'count'),
        description: textIn(status, 'description'),
      },
    ];
  });
  return {
    statuses: told && told.statuses.length > statuses.length ? told.statuses : statuses,
    sources: message.sources ?? told?.sources,
  };
}
