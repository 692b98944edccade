import { SourceSchema } from '@perennial/contracts-wire';

/** One text of a document that an answer leaned on. */
export interface Passage {
  text: string;
  /** From 1. */
  page?: number;
  /** From the outermost in. */
  headings: string[];
}

/** A document under the number by which the answer cites it. */
export interface CitedDocument {
  /** From 1. */
  number: number;
  name: string;
  /** Absent for what is no file here. */
  fileId?: string;
  passages: Passage[];
}

/**
 * The documents of an answer, by number: numbers count the different `metadata[].source` (else `source.id`) over all sources, in order,
 * as the model was told them. What cannot be understood is left out.
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

/** `page 3`, `pages 3, 7`; empty where pages are not known. */
export function pagesWords(passages: readonly Passage[]): string {
  const known = passages.flatMap(({ page }) => (page === undefined ? [] : [page]));
  const pages = [...new Set(known)].sort((one, other) => one - other);
  if (pages.length === 0) return '';
  return `${pages.length === 1 ? 'page' : 'pages'} ${pages.join(', ')}`;
}

/** Where the original is shown, at its page where the browser's viewer can. */
export function originalAddress(fileId: string, page?: number): string {
  const address = `/api/v1/files/${encodeURIComponent(fileId)}/content`;
  return page === undefined ? address : `${address}#page=${page}`;
}
