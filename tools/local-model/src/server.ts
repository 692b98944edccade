import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fail, json, readBody, RequestError } from '@perennial/local-runtime';
import { Busy, type Engine, type Generated, TooLong } from './engine';
import { MODEL_ID } from './pins';
import { parseChatRequest, type ParsedRequest } from './request';

const MODEL = {
  id: MODEL_ID,
  object: 'model',
  created: 1730419200,
  owned_by: 'perennial-local-model',
  name: 'SmolLM2 135M Instruct (demonstration-sized)',
  description:
    'A very small model that runs on this machine, to show that everything works. Connect a larger one for answers that you can rely on.',
};

const MAX_BODY = 4 * 1024 * 1024;

/** OpenAI-compatible HTTP over an engine: `/v1/models`, `/v1/chat/completions`, `/health`. */
export function createLocalModelServer(engine: Pick<Engine, 'generate'>): Server {
  return createServer((request, response) => {
    const route = `${request.method} ${(request.url ?? '/').split('?')[0]}`;
    switch (route) {
      case 'GET /health':
        return json(response, 200, { status: 'ok', model: MODEL_ID });
      case 'GET /v1/models':
        return json(response, 200, { object: 'list', data: [MODEL] });
      case `GET /v1/models/${MODEL_ID}`:
        return json(response, 200, MODEL);
      case 'POST /v1/chat/completions':
        return void chat(engine, request, response);
      default:
        request.resume();
        return fail(response, 404, `There is no ${route}`);
    }
  });
}

async function chat(
  engine: Pick<Engine, 'generate'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const parsed = parseChatRequest(await readBody(request, MAX_BODY), MODEL_ID);
    await (parsed.stream
      ? streamed(engine, parsed, response, gone.signal)
      : whole(engine, parsed, response, gone.signal));
  } catch (error) {
    if (gone.signal.aborted) return;
    const [status, message] = describe(error);
    if (response.headersSent) {
      response.end(`data: ${JSON.stringify({ error: { message, type: 'server_error' } })}\n\n`);
      return;
    }
    if (status === 429) response.setHeader('retry-after', '3');
    fail(response, status, message);
  }
}

async function streamed(
  engine: Pick<Engine, 'generate'>,
  parsed: ParsedRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model: MODEL_ID,
  };
  const send = (fields: object) => response.write(`data: ${JSON.stringify({ ...head, ...fields })}\n\n`);
  const delta = (content: object, finish_reason: string | null = null) =>
    send({ choices: [{ index: 0, delta: content, finish_reason }] });
  const begin = () => {
    if (response.headersSent) return;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    response.socket?.setNoDelay(true);
    delta({ role: 'assistant', content: '' });
  };
  const result = await engine.generate(parsed, signal, (text) => {
    begin();
    delta({ content: text });
  });
  begin();
  delta({}, result.finishReason);
  if (parsed.includeUsage) send({ choices: [], usage: usageOf(result) });
  response.end('data: [DONE]\n\n');
}

async function whole(
  engine: Pick<Engine, 'generate'>,
  parsed: ParsedRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  let content = '';
  const result = await engine.generate(parsed, signal, (text) => (content += text));
  json(response, 200, {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: MODEL_ID,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: result.finishReason }],
    usage: usageOf(result),
  });
}

function usageOf({ promptTokens, completionTokens }: Generated): Record<string, number> {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function describe(error: unknown): [status: number, message: string] {
  if (error instanceof RequestError) return [error.status, error.message];
  if (error instanceof Busy) return [429, error.message];
  if (error instanceof TooLong) return [400, error.message];
  console.error(error instanceof Error ? error.stack : error);
  return [500, 'The local model failed; its log says why'];
}
