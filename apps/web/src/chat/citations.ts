import { SourceSchema } from '@perennial/contracts-wire';

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
  if (!Array.isArray(sources)) return [];
  const documents = new Map<string, CitedDocument>();
  for (const entry of sources as unknown[]) {
    const parsed = SourceSchema.safeParse(entry);
    if (!parsed.success) continue;
    const { source, document: texts, metadata } = parsed.data;
    for (const [at, text] of texts.entries()) {
      const place = metadata[at];
      const key = place?.source ?? source.id ?? '';
      const document = documents.get(key) ?? {
        number: documents.size + 1,
        name: place?.name ?? source.name ?? 'Document',
        fileId: place?.file_id ?? (source.type === 'file' ? source.id : undefined),
        passages: [],
      };
      documents.set(key, document);
      const page = place?.page === undefined ? undefined : place.page + 1;
      document.passages.push({ text, page, headings: place?.headings ?? [] });
    }
  }
  return [...documents.values()];
}

/** `page 3`, `pages 3, 7`; empty if pages are unknown. */
export function pagesWords(passages: readonly Passage[]): string {
  const known = passages.flatMap(({ page }) => (page === undefined ? [] : [page]));
  const pages = [...new Set(known)].sort((one, other) => one - other);
  if (pages.length === 0) return '';
  return `${pages.length === 1 ? 'page' : 'pages'} ${pages.join(', ')}`;
}
