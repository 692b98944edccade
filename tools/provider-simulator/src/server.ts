import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Answer } from './answer';
import { type Fault, parseModel } from './behaviour';
import { ollamaDialect, openAiDialect } from './dialect';
import { answerEmbeddings, type EmbeddingBody } from './embedding-answer';
import { type HabitAnswer, HABITS, LISTS } from './habits';
import { type Api, fail, json, readBody } from './http';
import { type ChatBody, continuedText, promptOf } from './request';
import { type Counters, type MarkStats, type PromptStats, Stats, type TextStats } from './stats';
import { wholeAnswer } from './tasks';
import { expectedText } from './text';
import { answerTranscription } from './transcription';

/** The default model list. */
export const DEFAULT_MODELS = [
  'sim-t300-r30',
  'sim-t600-r30',
  'sim-t60-r30',
  'sim-t300-r30-x',
  'sim-t3200-r300',
  'sim-t20000-r1000-c4',
];

export interface SimulatorOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  models?: string[];
}

export interface SimulatorStats extends Counters {
  cpu: NodeJS.CpuUsage;
  pid: number;
  /** By sha-256 (hex) of the last user message; over HTTP only with `?prompts=1`. */
  prompts: Record<string, PromptStats>;
  /** Embedded texts, by their sha-256 (hex); over HTTP only with `?texts=1`. */
  texts: Record<string, TextStats>;
  /** Calls by the mark (`mark-…`) in the last user message; over HTTP only with `?marks=1`. */
  marks: Record<string, MarkStats>;
}

/** Target of an injected fault. */
export type FaultTarget = 'chat' | 'embeddings' | 'transcriptions';

export interface Simulator {
  /** Root: the Ollama base URL. OpenAI's is `${url}/v1`. */
  url: string;
  stats(): SimulatorStats;
  reset(): void;
  /** The next `times` requests of this kind (default 1, of chats) get this fault, with any model. */
  inject(fault: Fault, times?: number, of?: FaultTarget): void;
  /** Closes all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts the simulator inside this process. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const handler = new Handler(options.models ?? DEFAULT_MODELS);
  const server = createServer((request, response) => handler.handle(request, response));
  server.keepAliveTimeout = 120_000;
  await listen(server, options);
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    stats: () => handler.snapshot(),
    reset: () => handler.reset(),
    inject: (fault, times, of) => handler.inject(fault, times, of),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { port = 0, host = '127.0.0.1' }: SimulatorOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4096 }, () => resolve());
  });
}

class Handler {
  private readonly stats = new Stats();
  private injected: { fault: Fault; times: number; of: FaultTarget }[] = [];
  private readonly created = Math.floor(Date.now() / 1000);

  constructor(private readonly models: string[]) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?')[0]!;
    const route = `${request.method} ${path}`;
    if (route === 'GET /sim/stats') {
      const query = new URLSearchParams(request.url?.split('?')[1]);
      return json(
        response,
        this.snapshot({
          prompts: query.get('prompts') === '1',
          texts: query.get('texts') === '1',
          marks: query.get('marks') === '1',
        }),
      );
    }
    const list = LISTS[/^\/lists\/(\w+)\/v1\/models$/.exec(path)?.[1] ?? ''];
    if (list) return answerHabit(response, gzipped(JSON.stringify(list())));
    if (request.method === 'GET' && path.endsWith('/models')) return this.listOpenAi(response);
    if (route === 'GET /api/tags') return this.listOllama(response);
    if (route === 'GET /api/version') return json(response, { version: '0.0.0-simulator' });
    if (request.method === 'POST' && path.endsWith('/audio/transcriptions')) {
      this.stats.counters.transcriptions += 1;
      return void answerTranscription(request, response, this.nextInjected('transcriptions')).catch(() =>
        fail('openai', response, 400, 'The body is no form'),
      );
    }
    void readBody(request).then(
      (body) => this.post(route, path, body, request, response),
      () => json(response, { error: { message: 'The body is not JSON' } }, 400),
    );
  }

  snapshot({ prompts = true, texts = true, marks = true } = {}): SimulatorStats {
    return {
      ...this.stats.counters,
      cpu: process.cpuUsage(),
      pid: process.pid,
      prompts: prompts ? this.stats.byPrompt() : {},
      texts: texts ? this.stats.byText() : {},
      marks: marks ? this.stats.byMark() : {},
    };
  }

  reset(): void {
    this.stats.reset();
    this.injected = [];
  }

  inject(fault: Fault, times = 1, of: FaultTarget = 'chat'): void {
    this.injected.push({ fault, times, of });
  }

  private post(route: string, path: string, body: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (route === 'POST /sim/reset') {
      this.reset();
      return json(response, { ok: true });
    }
    if (route === 'POST /sim/faults') {
      const { times, of, ...fault } = body as Fault & { times?: number; of?: FaultTarget };
      this.inject(fault as Fault, times, of);
      return json(response, { ok: true });
    }
    if (request.method === 'POST' && path.endsWith('/chat/completions'))
      return this.chat('openai', body as ChatBody, response);
    if (route === 'POST /api/chat') return this.chat('ollama', body as ChatBody, response);
    const api = route === 'POST /api/embed' ? 'ollama' : 'openai';
    if (api === 'ollama' || (request.method === 'POST' && path.endsWith('/embeddings')))
      return answerEmbeddings(api, body as EmbeddingBody, response, this.stats, this.nextInjected('embeddings'));
    this.stats.count('other', route);
    json(response, { error: { message: `The simulator has no ${route}` } }, 404);
  }

  private chat(api: Api, body: ChatBody, response: ServerResponse): void {
    const model = body.model ?? '';
    if (!model.startsWith('sim')) return fail(api, response, 404, `model '${model}' not found`);
    const behaviour = parseModel(model);
    const fault = this.nextInjected('chat') ?? behaviour.fault;
    const prompt = this.stats.prompt(promptOf(body));
    const streams = api === 'ollama' ? body.stream !== false : body.stream === true;
    this.stats.marked(promptOf(body), streams ? 'streams' : 'nonstream');
    if (streams) {
      prompt.streams += 1;
      const { traceparent } = response.req.headers;
      if (typeof traceparent === 'string') prompt.traceparent = traceparent;
      if (continuedText(body)) prompt.continued += 1;
    } else {
      prompt.nonstream += 1;
    }
    if (fault?.kind === 'down') return void response.socket?.destroy();
    if (fault?.kind === 'status') {
      if (fault.status === 429) response.setHeader('retry-after', String(fault.retryAfter ?? 1));
      return fail(api, response, fault.status, `Simulated error ${fault.status}`);
    }
    const habit = HABITS[behaviour.habit ?? ''];
    if (habit) return answerHabit(response, habit(body, expectedText(model, promptOf(body), behaviour.tokens)));
    if (streams) {
      const dialect = api === 'openai' ? openAiDialect(model) : ollamaDialect(model);
      const withUsage = api === 'ollama' || body.stream_options?.include_usage === true;
      return new Answer(response, dialect, behaviour, fault, body, { stats: this.stats, prompt }, withUsage).begin();
    }
    const { kind, content } = wholeAnswer(body, behaviour);
    this.stats.counters.nonstream += 1;
    this.stats.count('nonstream_kinds', kind);
    setTimeout(() => json(response, wholeDocument(api, model, content)), behaviour.delayMs);
  }

  private nextInjected(target: FaultTarget): Fault | undefined {
    const next = this.injected.find(({ of }) => of === target);
    if (!next) return undefined;
    next.times -= 1;
    if (next.times <= 0) this.injected.splice(this.injected.indexOf(next), 1);
    return { ...next.fault };
  }

  private listOpenAi(response: ServerResponse): void {
    this.stats.counters.models_calls += 1;
    const data = this.models.map((id) => {
      const { tokens, rate } = parseModel(id);
      const name = `Simulator, not a language model (${tokens} tokens, ${rate}/s, ${id})`;
      return { id, object: 'model', created: this.created, owned_by: 'perennial-simulator', name };
    });
    json(response, { object: 'list', data });
  }

  private listOllama(response: ServerResponse): void {
    this.stats.counters.models_calls += 1;
    const details = { format: 'simulator', family: 'simulator', parameter_size: '0', quantization_level: 'none' };
    const modified = new Date(this.created * 1000).toISOString();
    json(response, {
      models: this.models.map((id) => ({ name: id, model: id, modified_at: modified, size: 0, digest: '', details })),
    });
  }
}

function gzipped(body: string): HabitAnswer {
  return { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: gzipSync(body) };
}

/** Writes the reply of a habit, in pieces if it has any. */
function answerHabit(response: ServerResponse, { status = 200, headers, body, pieceBytes }: HabitAnswer): void {
  response.writeHead(status, headers ?? { 'content-type': 'text/event-stream' });
  const bytes = Buffer.from(body);
  let at = 0;
  const write = (): void => {
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + (pieceBytes ?? bytes.length));
      at += piece.length;
      if (!response.write(piece)) return void response.once('drain', write);
    }
    response.end();
  };
  write();
}

function wholeDocument(api: Api, model: string, content: string): unknown {
  const message = { role: 'assistant', content };
  if (api === 'ollama') {
    return {
      model,
      created_at: new Date().toISOString(),
      message,
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 10,
      eval_count: 5,
    };
  }
  return {
    id: `chatcmpl-${Math.random().toString(36).slice(2)}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}
