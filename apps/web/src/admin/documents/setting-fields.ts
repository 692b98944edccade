import type { RetrievalSettings } from '@perennial/contracts-wire';
import { ta } from '../messages';
import type en from '../messages/en';
import type { DocumentChange, DocumentSettings } from './document-queries';

type Named<Id> = Id extends `setting.${infer Name}` ? Name : never;
/** A setting that has a name for people. */
export type SettingName = Named<keyof typeof en> & keyof RetrievalSettings;

const HINTED = [
  'FILE_MAX_SIZE',
  'FILE_MAX_COUNT',
  'ALLOWED_FILE_EXTENSIONS',
  'CHUNK_MIN_SIZE_TARGET',
  'HYBRID_BM25_WEIGHT',
  'BYPASS_EMBEDDING_AND_RETRIEVAL',
] as const;

/** A sentence about a setting whose name does not say all. */
export function hintWords(name: SettingName): string | undefined {
  if (name === 'RAG_TEMPLATE') return ta('hint.RAG_TEMPLATE', { context: '{{CONTEXT}}', query: '{{QUERY}}' });
  const hinted = HINTED.find((known) => known === name);
  return hinted && ta(`hint.${hinted}`);
}

/** How a setting is entered. */
export type SettingField = { name: SettingName } & (
  | { kind: 'switch' }
  | { kind: 'number'; min: number; max: number; step?: number; isOptional?: boolean }
  | { kind: 'splitter' }
  | { kind: 'words' }
  | { kind: 'text' }
);

/** The settings by what they are about. */
export const SETTING_GROUPS: readonly { title: 'uploads' | 'pieces' | 'answers'; fields: readonly SettingField[] }[] = [
  {
    title: 'uploads',
    fields: [
      {
        name: 'FILE_MAX_SIZE',
        kind: 'number',
        min: 1,
        max: 1_000_000,
        isOptional: true,
      },
      {
        name: 'FILE_MAX_COUNT',
        kind: 'number',
        min: 1,
        max: 1_000_000,
        isOptional: true,
      },
      {
        name: 'ALLOWED_FILE_EXTENSIONS',
        kind: 'words',
      },
    ],
  },
  {
    title: 'pieces',
    fields: [
      { name: 'CHUNK_SIZE', kind: 'number', min: 50, max: 100_000 },
      { name: 'CHUNK_OVERLAP', kind: 'number', min: 0, max: 50_000 },
      {
        name: 'CHUNK_MIN_SIZE_TARGET',
        kind: 'number',
        min: 0,
        max: 100_000,
      },
      {
        name: 'TEXT_SPLITTER',
        kind: 'splitter',
      },
      { name: 'ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER', kind: 'switch' },
    ],
  },
  {
    title: 'answers',
    fields: [
      { name: 'TOP_K', kind: 'number', min: 1, max: 100 },
      {
        name: 'RELEVANCE_THRESHOLD',
        kind: 'number',
        min: 0,
        max: 1,
        step: 0.01,
      },
      { name: 'ENABLE_RAG_HYBRID_SEARCH', kind: 'switch' },
      {
        name: 'HYBRID_BM25_WEIGHT',
        kind: 'number',
        min: 0,
        max: 1,
        step: 0.01,
      },
      { name: 'RAG_FULL_CONTEXT', kind: 'switch' },
      {
        name: 'BYPASS_EMBEDDING_AND_RETRIEVAL',
        kind: 'switch',
      },
      { name: 'RAG_SYSTEM_CONTEXT', kind: 'switch' },
      {
        name: 'RAG_TEMPLATE',
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
