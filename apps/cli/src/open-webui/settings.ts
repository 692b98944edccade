import { connections, settings } from '@perennial/contracts-config';
import type { Call } from '@perennial/contracts-kernel';
import { retrievalSettings } from '@perennial/contracts-retrieval';
import type { Caller } from '../calls';
import { explain } from '../failure';
import type { Report } from './report';
import { json, type OpenWebUi, record } from './source';

/** Settings of retrieval, by their names there. */
const RETRIEVAL: Record<string, string> = {
  'rag.top_k': 'TOP_K',
  'rag.top_k_reranker': 'TOP_K_RERANKER',
  'rag.relevance_threshold': 'RELEVANCE_THRESHOLD',
  'rag.enable_hybrid_search': 'ENABLE_RAG_HYBRID_SEARCH',
  'rag.hybrid_bm25_weight': 'HYBRID_BM25_WEIGHT',
  'rag.full_context': 'RAG_FULL_CONTEXT',
  'rag.chunk_size': 'CHUNK_SIZE',
  'rag.chunk_min_size_target': 'CHUNK_MIN_SIZE_TARGET',
  'rag.chunk_overlap': 'CHUNK_OVERLAP',
  'rag.file.max_size': 'FILE_MAX_SIZE',
  'rag.file.max_count': 'FILE_MAX_COUNT',
  'rag.file.allowed_extensions': 'ALLOWED_FILE_EXTENSIONS',
};

/** Servers beside the models: their settings are taken together, since an engine needs its address. */
const SERVERS: readonly { engine: string; known: string; settings: Record<string, string>; defaults?: object }[] = [
  {
    engine: 'rag.reranking_engine',
    known: 'external',
    settings: {
      'rag.reranking_engine': 'RAG_RERANKING_ENGINE',
      'rag.reranking_model': 'RAG_RERANKING_MODEL',
      'rag.reranking_batch_size': 'RAG_RERANKING_BATCH_SIZE',
      'rag.external_reranker_url': 'RAG_EXTERNAL_RERANKER_URL',
      'rag.external_reranker_api_key': 'RAG_EXTERNAL_RERANKER_API_KEY',
      'rag.external_reranker_timeout': 'RAG_EXTERNAL_RERANKER_TIMEOUT',
    },
  },
  {
    engine: 'audio.stt.engine',
    known: 'openai',
    settings: {
      'audio.stt.engine': 'AUDIO_STT_ENGINE',
      'audio.stt.model': 'AUDIO_STT_MODEL',
      'audio.stt.openai.api_base_url': 'AUDIO_STT_OPENAI_API_BASE_URL',
      'audio.stt.openai.api_key': 'AUDIO_STT_OPENAI_API_KEY',
    },
    defaults: { AUDIO_STT_MODEL: 'whisper-1' },
  },
];

/** Imports the connections to model servers, the banners, and how documents are split and searched. */
export async function importSettings(from: OpenWebUi, call: Caller, report: Report): Promise<void> {
  const stored = await readConfig(from);
  const list = (name: string): unknown[] => (Array.isArray(stored.get(name)) ? (stored.get(name) as unknown[]) : []);
  const change = async (name: string, target: Call, request: unknown): Promise<void> => {
    try {
      await call(target, request);
      report.done('settings', true);
    } catch (error) {
      report.omit('settings', name, explain(error));
    }
  };
  for (const [kind, urls] of [
    ['openai', 'openai.api_base_urls'],
    ['ollama', 'ollama.base_urls'],
  ] as const) {
    if (!stored.has(urls)) continue;
    const configs = record(stored.get(`${kind}.api_configs`));
    const keys = list('openai.api_keys');
    const set = list(urls).map((url, at) => {
      // Of version 0.11 and later, a configuration is named by its place.
      const config = record(configs[String(at)] ?? configs[String(url)]);
      return { url, key: String((kind === 'openai' ? keys[at] : config['key']) ?? ''), config: withoutKey(config) };
    });
    await change(urls, connections.update, { kind, enabled: stored.get(`${kind}.enable`) !== false, connections: set });
  }
  if (stored.has('ui.banners')) await change('ui.banners', settings.updateBanners, { banners: list('ui.banners') });
  for (const [theirs, ours] of Object.entries(RETRIEVAL)) {
    const value = stored.get(theirs);
    if (value !== undefined && value !== null) await change(theirs, retrievalSettings.update, { [ours]: value });
  }
  for (const { engine, known, settings: names, defaults } of SERVERS) {
    const chosen = stored.get(engine);
    if (chosen === known) {
      const set = Object.entries(names).flatMap(([theirs, ours]) => {
        const value = stored.get(theirs);
        if (value === undefined || value === null || value === '') return [];
        return [[ours, ours === 'RAG_RERANKING_BATCH_SIZE' ? Number(value) : String(value)] as const];
      });
      await change(engine, retrievalSettings.update, { ...defaults, ...Object.fromEntries(set) });
    } else if (typeof chosen === 'string' && chosen !== '')
      report.note('settings', engine, `stays as it is here: there is no engine "${chosen}"`);
  }
  if (stored.get('rag.reranking_engine') === '' && (stored.get('rag.reranking_model') ?? '') !== '')
    report.note('settings', 'rag.reranking_model', 'is not run here: a reranker is a server of its own');
  if (stored.has('rag.embedding_model'))
    report.note('settings', 'rag.embedding_model', 'stays as it is here: another model embeds all documents anew');
}

function withoutKey({ key: _, ...config }: Record<string, unknown>): Record<string, unknown> {
  return config;
}

/** Values by their dotted names: rows since version 0.12, before that one row with a tree. */
async function readConfig(from: OpenWebUi): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  if (await from.has('config', 'key')) {
    for (const row of await from.query('SELECT "key", value FROM config'))
      // A text that Postgres has parsed already is none of JSON.
      found.set(String(row['key']), json(row['value']) ?? row['value']);
  } else if (await from.has('config', 'data')) {
    const [row] = await from.query('SELECT data FROM config ORDER BY id DESC LIMIT 1');
    collect(record(row?.['data']), '', found);
  }
  return found;
}

/** Every value of the tree, and every subtree: some values are objects themselves. */
function collect(tree: Record<string, unknown>, path: string, found: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(tree)) {
    const full = path === '' ? name : `${path}.${name}`;
    found.set(full, value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      collect(value as Record<string, unknown>, full, found);
  }
}
