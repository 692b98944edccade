import { t } from '../../messages';
import { numberText } from '../../messages/formats';
import { isObject, listIn, objectsIn, textIn, textsIn, wholeIn } from '../../wire/narrow';

/** A text of a document that an answer used. */
export interface Passage {
  text: string;
  /** From 1. */
  page?: number;
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
        headings: textsIn(place, 'headings'),
      });
    }
  }
  return [...documents.values()];
}

/** `page 3`, `pages 3, 7`; empty if pages are unknown. */
export function pagesWords(passages: readonly Passage[]): string {
  const known = passages.flatMap(({ page }) => (page === undefined ? [] : [page]));
  const pages = [...new Set(known)].sort((one, other) => one - other);
  if (pages.length === 0) return '';
  return t('source.pages', { pages: pages.map((page) => numberText(page)).join(', '), count: pages.length });
}
