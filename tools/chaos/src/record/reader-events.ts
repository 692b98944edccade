import type { ReaderEvent } from '@perennial/e2e/support/reader-event';

/**
 * Adds an event to a reader's record. A delta that continues the last one exactly becomes part of it, so that a run of an hour fits into memory:
 * the checker finds the same in both. A later owner's first delta stays apart, because its time is that of a take-over.
 */
export function addReaderEvent(events: ReaderEvent[], event: ReaderEvent): void {
  const last = events.at(-1);
  const continues =
    last?.kind === 'delta' &&
    event.kind === 'delta' &&
    last.generation === event.generation &&
    last.epoch === event.epoch &&
    last.offset + last.text.length === event.offset;
  if (continues) last.text += event.text;
  else events.push(event.kind === 'delta' ? { ...event } : event);
}
