import { t } from '../../messages';
import { numberText } from '../../messages/formats';
import { isObject, listIn, objectsIn, textIn, textsIn, wholeIn } from '../../wire/narrow';

/** A text of a document that an answer used. */
export interface Passage {
  text: string;
  /** From 1. */
  page?: number;
  /** Of a recording: when it begins, in seconds. */
  startSeconds?: number;
  /** From the outermost to the innermost. */
  headings: string[];
}

/** A document with its citation number. */
export interface CitedDocument {
  /** From 1. */
  number: number;
  name: string;
  /** Absent for a source that is not a file here. */
  fileId?: string;
  passages: Passage[];
}

/**
 * The documents of an answer, by number: numbers count the different `metadata[].source` (else `source.id`) over all sources, in order, as in
 * the model's prompt. Malformed sources are ignored.
 */
export function citedDocuments(sources: unknown): CitedDocument[] {
  const documents = new Map<string, CitedDocument>();
  for (const { source, ...lists } of objectsIn(sources)) {
    if (!isObject(source)) continue;
    const [texts, places] = [listIn(lists, 'document'), listIn(lists, 'metadata')];
    for (const [at, text] of texts.entries()) {
      if (typeof text !== 'string') continue;
      const place = isObject(places[at]) ? places[at] : undefined;
      const key = textIn(place, 'source') ?? textIn(source, 'id') ?? '';
      const document = documents.get(key) ?? {
        number: documents.size + 1,
        name: textIn(place, 'name') ?? textIn(source, 'name') ?? t('source.document'),
        fileId: textIn(place, 'file_id') ?? (source['type'] === 'file' ? textIn(source, 'id') : undefined),
        passages: [],
      };
      documents.set(key, document);
      const page = wholeIn(place, 'page');
      document.passages.push({
        text,
        page: page === undefined ? undefined : page + 1,
        startSeconds: wholeIn(place, 'start_seconds'),
        headings: textsIn(place, 'headings'),
      });
    }
  }
  return [...documents.values()];
}

/** `page 3`, `pages 3, 7`, `at 3:05`, `at 3:05, 4:10`; empty if neither pages nor times are known. */
export function placesWords(passages: readonly Passage[]): string {
  const pages = inOrder(passages.map(({ page }) => page));
  if (pages.length > 0)
    return t('source.pages', { pages: pages.map((page) => numberText(page)).join(', '), count: pages.length });
  const times = inOrder(passages.map(({ startSeconds }) => startSeconds));
  return times.length === 0 ? '' : t('source.at', { time: times.map(clockText).join(', ') });
}

/** A time in a recording: `3:05`, `1:00:07`. */
export function clockText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

function inOrder(numbers: readonly (number | undefined)[]): number[] {
  const known = numbers.flatMap((one) => (one === undefined ? [] : [one]));
  return [...new Set(known)].sort((one, other) => one - other);
}
