import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fail, json, readBody, RequestError } from '@perennial/local-runtime';
import { Busy, type Engine, NotLoaded, type TextVector } from './engine';
import { parseEmbeddingRequest } from './request';

const MAX_BODY = 32 * 1024 * 1024;

/** OpenAI-compatible HTTP over an engine: `/v1/models`, `/v1/embeddings`, `/health`. @param model the name that is served */
export function createLocalEmbedderServer(engine: Pick<Engine, 'embed' | 'loaded'>, model: string): Server {
  const row = { id: model, object: 'model', created: 1730419200, owned_by: 'perennial-local-embedder' };
  return createServer((request, response) => {
    const route = `${request.method} ${(request.url ?? '/').split('?')[0]}`;
    switch (route) {
      case 'GET /health':
        return json(response, 200, { status: 'ok', model, loaded: engine.loaded });
      case 'GET /v1/models':
        return json(response, 200, { object: 'list', data: [row] });
      case 'POST /v1/embeddings':
        return void embeddings(engine, model, request, response);
      default:
        request.resume();
        return fail(response, 404, `There is no ${route}`);
    }
  });
}

async function embeddings(
  engine: Pick<Engine, 'embed'>,
  model: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const { texts, base64 } = parseEmbeddingRequest(await readBody(request, MAX_BODY), model);
    const vectors = await engine.embed(texts, gone.signal);
    const tokens = vectors.reduce((sum, vector) => sum + vector.tokens, 0);
    json(response, 200, {
      object: 'list',
      data: vectors.map(({ vector }, index) => ({ object: 'embedding', index, embedding: encoded(vector, base64) })),
      model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  } catch (error) {
    if (gone.signal.aborted) return;
    if (error instanceof Busy) response.setHeader('retry-after', String(error.retryAfterS));
    fail(response, ...describe(error));
  }
}

function encoded(vector: TextVector['vector'], base64: boolean): string | number[] {
  return base64
    ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
    : Array.from(vector);
}

function describe(error: unknown): [status: number, message: string] {
  if (error instanceof RequestError) return [error.status, error.message];
  if (error instanceof Busy) return [429, error.message];
  if (error instanceof NotLoaded) return [503, error.message];
  console.error(error instanceof Error ? error.stack : error);
  return [500, 'The local embedder failed; its log says why'];
}
