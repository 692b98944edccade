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
  'RAG_EXTERNAL_RERANKER_URL',
  'RAG_EXTERNAL_RERANKER_TIMEOUT',
  'AUDIO_STT_ENGINE',
  'AUDIO_STT_LANGUAGE',
  'VISION_ENGINE',
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
  | {
      kind: 'choice';
      choices: readonly {
        value: string;
        words: 'splitter.character' | 'splitter.token' | 'engine.none' | 'engine.openai' | 'engine.rerank';
      }[];
    }
  | { kind: 'line'; pattern?: string }
  | { kind: 'url' }
  | { kind: 'key' }
  | { kind: 'words' }
  | { kind: 'text' }
);

const MEDIA_ENGINES = [
  { value: '', words: 'engine.none' },
  { value: 'openai', words: 'engine.openai' },
] as const;

/** The settings by what they are about. */
export const SETTING_GROUPS: readonly {
  title: 'uploads' | 'pieces' | 'answers' | 'rerank' | 'recordings' | 'pictures';
  fields: readonly SettingField[];
}[] = [
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
        kind: 'choice',
        choices: [
          { value: '', words: 'splitter.character' },
          { value: 'token', words: 'splitter.token' },
        ],
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
  {
    title: 'rerank',
    fields: [
      {
        name: 'RAG_RERANKING_ENGINE',
        kind: 'choice',
        choices: [
          { value: '', words: 'engine.none' },
          { value: 'external', words: 'engine.rerank' },
        ],
      },
      { name: 'RAG_EXTERNAL_RERANKER_URL', kind: 'url' },
      { name: 'RAG_EXTERNAL_RERANKER_API_KEY', kind: 'key' },
      { name: 'RAG_RERANKING_MODEL', kind: 'line' },
      { name: 'TOP_K_RERANKER', kind: 'number', min: 1, max: 100 },
      { name: 'RAG_RERANKING_BATCH_SIZE', kind: 'number', min: 1, max: 1_000 },
      { name: 'RAG_EXTERNAL_RERANKER_TIMEOUT', kind: 'line', pattern: '\\d{1,3}(\\.\\d{1,3})?' },
    ],
  },
  {
    title: 'recordings',
    fields: [
      { name: 'AUDIO_STT_ENGINE', kind: 'choice', choices: MEDIA_ENGINES },
      { name: 'AUDIO_STT_OPENAI_API_BASE_URL', kind: 'url' },
      { name: 'AUDIO_STT_OPENAI_API_KEY', kind: 'key' },
      { name: 'AUDIO_STT_MODEL', kind: 'line' },
      { name: 'AUDIO_STT_LANGUAGE', kind: 'line', pattern: '[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})?' },
    ],
  },
  {
    title: 'pictures',
    fields: [
      { name: 'VISION_ENGINE', kind: 'choice', choices: MEDIA_ENGINES },
      { name: 'VISION_OPENAI_API_BASE_URL', kind: 'url' },
      { name: 'VISION_OPENAI_API_KEY', kind: 'key' },
      { name: 'VISION_MODEL', kind: 'line' },
    ],
  },
];

/** Of a setting that the server does not have yet. */
const NOTHING: Partial<Record<SettingField['kind'], unknown>> = { number: null, choice: '', line: '', url: '' };

/** The settings of a form that differ from those that were shown: nobody else's change is undone. */
export function changedSettings(form: FormData, shown: DocumentSettings): DocumentChange {
  const changes = SETTING_GROUPS.flatMap(({ fields }) => fields).flatMap((field) => {
    const value = entered(form, field);
    // A key is never shown: an empty field keeps it.
    if (field.kind === 'key' && value === '') return [];
    return JSON.stringify(value) === JSON.stringify(shown[field.name] ?? NOTHING[field.kind])
      ? []
      : [[field.name, value] as const];
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
    case 'text':
    case 'choice':
      return text;
    default:
      return text.trim();
  }
}
