import type { RetrievalSettings } from '@perennial/contracts-wire';
import type { DocumentChange, DocumentSettings } from './document-queries';

/** How a setting is entered. */
export type SettingField = { name: keyof RetrievalSettings; label: string; hint?: string } & (
  | { kind: 'switch' }
  | { kind: 'number'; min: number; max: number; step?: number; isOptional?: boolean }
  | { kind: 'choice'; choices: readonly { value: string; label: string }[] }
  | { kind: 'words' }
  | { kind: 'text' }
);

/** The settings by what they are about. */
export const SETTING_GROUPS: readonly { title: string; fields: readonly SettingField[] }[] = [
  {
    title: 'What may be uploaded',
    fields: [
      {
        name: 'FILE_MAX_SIZE',
        label: 'Largest file, in MiB',
        hint: 'Empty: what the server allows.',
        kind: 'number',
        min: 1,
        max: 1_000_000,
        isOptional: true,
      },
      {
        name: 'FILE_MAX_COUNT',
        label: 'Files of one message',
        hint: 'Empty: no limit.',
        kind: 'number',
        min: 1,
        max: 1_000_000,
        isOptional: true,
      },
      {
        name: 'ALLOWED_FILE_EXTENSIONS',
        label: 'Kinds of files',
        hint: 'Such as “pdf, docx”. Empty: all that can be read.',
        kind: 'words',
      },
    ],
  },
  {
    title: 'How documents are cut into pieces',
    fields: [
      { name: 'CHUNK_SIZE', label: 'Size of a piece', kind: 'number', min: 50, max: 100_000 },
      { name: 'CHUNK_OVERLAP', label: 'Overlap of two pieces', kind: 'number', min: 0, max: 50_000 },
      {
        name: 'CHUNK_MIN_SIZE_TARGET',
        label: 'Smallest piece under a heading',
        hint: 'Smaller ones are joined with their neighbours. 0 joins none.',
        kind: 'number',
        min: 0,
        max: 100_000,
      },
      {
        name: 'TEXT_SPLITTER',
        label: 'Sizes are counted in',
        kind: 'choice',
        choices: [
          { value: '', label: 'characters' },
          { value: 'token', label: 'tokens' },
        ],
      },
      { name: 'ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER', label: 'Cut Markdown at its headings first', kind: 'switch' },
    ],
  },
  {
    title: 'What an answer is given',
    fields: [
      { name: 'TOP_K', label: 'Pieces of each attached document or base', kind: 'number', min: 1, max: 100 },
      {
        name: 'RELEVANCE_THRESHOLD',
        label: 'Least similarity, 0 to 1',
        kind: 'number',
        min: 0,
        max: 1,
        step: 0.01,
      },
      { name: 'ENABLE_RAG_HYBRID_SEARCH', label: 'Search by words too, not by meaning alone', kind: 'switch' },
      {
        name: 'HYBRID_BM25_WEIGHT',
        label: 'Weight of the words, 0 to 1',
        hint: '0: meaning alone, 1: words alone.',
        kind: 'number',
        min: 0,
        max: 1,
        step: 0.01,
      },
      { name: 'RAG_FULL_CONTEXT', label: 'Whole texts instead of pieces', kind: 'switch' },
      {
        name: 'BYPASS_EMBEDDING_AND_RETRIEVAL',
        label: 'Whole texts, and no file is indexed',
        hint: 'Nothing is found by meaning then.',
        kind: 'switch',
      },
      { name: 'RAG_SYSTEM_CONTEXT', label: 'Put them into the system message', kind: 'switch' },
      {
        name: 'RAG_TEMPLATE',
        label: 'What the model is told about them',
        hint: '{{CONTEXT}} and {{QUERY}} are replaced. Empty: our own words.',
        kind: 'text',
      },
    ],
  },
];

/** The settings of a form that differ from those that were shown: nobody else's change is undone. */
export function changedSettings(form: FormData, shown: DocumentSettings): DocumentChange {
  const changes = SETTING_GROUPS.flatMap(({ fields }) => fields).flatMap((field) => {
    const value = entered(form, field);
    return JSON.stringify(value) === JSON.stringify(shown[field.name]) ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(changes) as DocumentChange;
}

function entered(form: FormData, field: SettingField): unknown {
  const text = String(form.get(field.name) ?? '');
  switch (field.kind) {
    case 'switch':
      return form.has(field.name);
    case 'number':
      return text.trim() === '' ? null : Number(text);
    case 'words':
      return text.split(/[\s,;]+/).flatMap((word) => (word === '' ? [] : [word.replace(/^\./, '').toLowerCase()]));
    default:
      return text;
  }
}
