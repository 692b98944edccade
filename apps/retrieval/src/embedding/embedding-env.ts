import { integer, urlOf, variable } from '@perennial/runtime';
import { z } from 'zod';

/** How texts become vectors; an administrator's settings override these. */
export const embeddingEnv = {
  RAG_EMBEDDING_ENGINE: variable(z.enum(['', 'openai', 'ollama']).default(''), {
    description:
      'The embedder: `openai` (any server with OpenAI’s `/embeddings`), `ollama`, or empty for the local embedder.',
    example: 'openai',
  }),
  RAG_EMBEDDING_MODEL: variable(z.string().min(1).default('sentence-transformers/all-MiniLM-L6-v2'), {
    description: 'The server’s name of the embedding model. A change re-indexes all documents in the background.',
  }),
  RAG_EMBEDDING_BATCH_SIZE: variable(integer(1, 2048).default(64), {
    description: 'Texts in one embedding request (1 would make thousands of requests of one long document).',
  }),
  RAG_EMBEDDING_CONCURRENT_REQUESTS: variable(integer(0, 64).default(4), {
    description:
      'Concurrent embedding requests of one replica for one file; 0 means 4. The local embedder gets at most 2.',
  }),
  RAG_EMBEDDING_TIMEOUT: variable(integer(1, 3600).default(120), {
    description: 'Seconds that one embedding request may take.',
  }),
  RAG_OPENAI_API_BASE_URL: variable(urlOf('http', 'https').default('https://api.openai.com/v1'), {
    description: 'With the engine `openai`: base URL up to and including the version path.',
    aliases: ['OPENAI_API_BASE_URL'],
  }),
  RAG_OPENAI_API_KEY: variable(z.string().default(''), {
    description: 'With the engine `openai`: the key.',
    aliases: ['OPENAI_API_KEY'],
    secret: true,
  }),
  RAG_OLLAMA_BASE_URL: variable(urlOf('http', 'https').default('http://127.0.0.1:11434'), {
    description: 'With the engine `ollama`: root of the server.',
    aliases: ['OLLAMA_BASE_URL'],
  }),
  RAG_OLLAMA_API_KEY: variable(z.string().default(''), {
    description: 'With the engine `ollama`: the key, if a proxy in front of it requires one.',
    secret: true,
  }),
  RAG_LOCAL_EMBEDDER_URL: variable(urlOf('http', 'https').optional(), {
    description:
      'Base URL of the local embedder (`tools/local-embedder`), which serves the empty engine; `npm start` starts one and sets it.',
    example: 'http://127.0.0.1:9300/v1',
  }),
};

export type EmbeddingEnv = z.output<z.ZodObject<typeof embeddingEnv>>;
