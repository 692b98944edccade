import { expect, it } from 'vitest';
import type { DocumentSettings } from './document-queries';
import { changedSettings, SETTING_GROUPS } from './setting-fields';

const SHOWN = {
  status: true,
  RAG_TEMPLATE: '',
  TOP_K: 3,
  RELEVANCE_THRESHOLD: 0,
  ENABLE_RAG_HYBRID_SEARCH: true,
  HYBRID_BM25_WEIGHT: 0.5,
  RAG_FULL_CONTEXT: false,
  BYPASS_EMBEDDING_AND_RETRIEVAL: false,
  RAG_SYSTEM_CONTEXT: false,
  TEXT_SPLITTER: '',
  ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER: true,
  CHUNK_SIZE: 1_000,
  CHUNK_MIN_SIZE_TARGET: 0,
  CHUNK_OVERLAP: 100,
  FILE_MAX_SIZE: null,
  FILE_MAX_COUNT: 5,
  ALLOWED_FILE_EXTENSIONS: ['pdf', 'docx'],
  TOP_K_RERANKER: 3,
  RAG_RERANKING_ENGINE: '',
  RAG_RERANKING_MODEL: '',
  RAG_RERANKING_BATCH_SIZE: 32,
  RAG_EXTERNAL_RERANKER_URL: '',
  RAG_EXTERNAL_RERANKER_API_KEY: '',
  RAG_EXTERNAL_RERANKER_TIMEOUT: '3',
  AUDIO_STT_ENGINE: 'openai',
  AUDIO_STT_OPENAI_API_BASE_URL: 'https://speech.example/v1',
  AUDIO_STT_OPENAI_API_KEY: '••••wxyz',
  AUDIO_STT_MODEL: 'whisper-1',
  AUDIO_STT_LANGUAGE: '',
  VISION_ENGINE: '',
  VISION_OPENAI_API_BASE_URL: '',
  VISION_OPENAI_API_KEY: '',
  VISION_MODEL: '',
} satisfies DocumentSettings;

/** What a browser sends of the form that shows these settings. */
function formOf(settings: object): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(settings) as [string, unknown][]) {
    if (value === false) continue;
    form.set(
      name,
      value === null ? '' : value === true ? 'on' : Array.isArray(value) ? value.join(', ') : String(value),
    );
  }
  return form;
}

it('shows every setting once', () => {
  const names = SETTING_GROUPS.flatMap(({ fields }) => fields.map(({ name }) => name));
  const { status: _, ...settings } = SHOWN;
  expect([...names].sort()).toEqual(Object.keys(settings).sort());
});

it('sends nothing of a form that was not touched', () => {
  expect(changedSettings(formOf({ ...SHOWN, AUDIO_STT_OPENAI_API_KEY: '' }), SHOWN)).toEqual({});
});

it('sends what was changed, each as its setting is kept', () => {
  const change = {
    TOP_K: 8,
    ENABLE_RAG_HYBRID_SEARCH: false,
    FILE_MAX_COUNT: null,
    ALLOWED_FILE_EXTENSIONS: ['md'],
    TEXT_SPLITTER: 'token',
    AUDIO_STT_OPENAI_API_KEY: 'sk-another',
    VISION_ENGINE: 'openai',
    VISION_MODEL: 'looks',
  };
  const form = formOf({ ...SHOWN, ...change, ALLOWED_FILE_EXTENSIONS: [' .MD'] });
  expect(changedSettings(form, SHOWN)).toEqual(change);
});
