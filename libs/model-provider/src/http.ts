import { setTimeout as sleep } from 'node:timers/promises';
import type { RetryBudget } from '@perennial/runtime/retry-budget';
import type { Dispatcher } from 'undici';
import {
  errorFromResponse,
  errorFromStream,
  errorFromTransport,
  isErrorDocument,
  ProviderError,
  withoutSecrets,
} from './errors';
import { poolFor } from './pools';
import { CHAT_RETRY, retryDelay, type RetryPolicy } from './retry';
import { retryBudgetFor } from './retry-budgets';
import { AnswerStream, type StreamPlan } from './stream';
import type { AnswerEnd, AnswerSink, ProviderTimeouts, ServerConnection, StreamOptions } from './types';

const MAX_DOCUMENT = 32 * 1024 * 1024;

interface StreamBody {
  accept: string;
  /** Called for each attempt. */
  body(): unknown;
}

/** A parsed connection: its address, the headers of every request, and the secrets that no message may show. */
export class Endpoint {
  readonly headers: Record<string, string>;
  readonly secrets: readonly string[];
  private readonly url: URL;

  constructor(
    connection: ServerConnection,
    readonly timeouts: ProviderTimeouts,
  ) {
    try {
      this.url = new URL(connection.baseUrl);
    } catch {
      throw new ProviderError('INVALID_ARGUMENT', 'The base URL of the model connection is not a URL');
    }
    if (!/^https?:$/.test(this.url.protocol)) {
      throw new ProviderError('INVALID_ARGUMENT', 'The base URL of a model connection begins with http:// or https://');
    }
    const own: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'perennial' };
    if (connection.apiKey) own['authorization'] = `Bearer ${connection.apiKey}`;
    for (const [name, value] of Object.entries(connection.headers ?? {})) own[name.toLowerCase()] = value;
    this.headers = own;
    this.secrets = [connection.apiKey, ...Object.values(connection.headers ?? {})].filter(
      (secret): secret is string => (secret?.length ?? 0) >= 6,
    );
  }

  /** The address, without the query, which may contain secrets. */
  get address(): string {
    return this.url.origin + this.url.pathname;
  }

  get pool(): Dispatcher {
    return poolFor(this.url.origin, this.timeouts.connect);
  }

  private get budget(): RetryBudget {
    return retryBudgetFor(this.url.origin);
  }

  /** The request path of an operation under the base URL; a query of the base URL (`?api-version=…`) is kept. */
  path(operation: string): string {
    return `${this.url.pathname.replace(/\/+$/, '')}${operation}${this.url.search}`;
  }

  /** A streamed POST. @throws ProviderError */
  stream(
    operation: string,
    { accept, body, ...rest }: Omit<StreamPlan, 'pool' | 'request' | 'timeouts' | 'secrets' | 'budget'> & StreamBody,
    sink: AnswerSink,
    options: StreamOptions,
  ): Promise<AnswerEnd> {
    const request = () => ({
      method: 'POST' as const,
      path: this.path(operation),
      headers: { ...options.headers, ...this.headers, accept },
      body: JSON.stringify(body()),
    });
    const { pool, timeouts, secrets, budget } = this;
    return new AnswerStream({ pool, request, timeouts, secrets, budget, ...rest }, sink, options).run();
  }

  /**
   * The rows of a model list, under `data` or `models`, or the document itself if it is a list.
   *
   * @throws ProviderError
   */
  async rows(operation: string, signal?: AbortSignal): Promise<Record<string, unknown>[]> {
    const document = await this.json('GET', operation, { timeoutMs: this.timeouts.list, signal });
    const rows = Array.isArray(document) ? document : (document.data ?? document.models);
    if (!Array.isArray(rows)) {
      if (!Array.isArray(document) && isErrorDocument(document))
        throw withoutSecrets(errorFromStream(document), this.secrets);
      throw new ProviderError('PROTOCOL', 'The provider answered without a list of models');
    }
    return rows as Record<string, unknown>[];
  }

  /**
   * One JSON request, retried by the policy.
   *
   * @throws ProviderError
   */
  async json(
    method: 'GET' | 'POST',
    operation: string,
    options: { body?: unknown; timeoutMs: number; signal?: AbortSignal; retry?: RetryPolicy },
  ): Promise<Record<string, unknown> | unknown[]> {
    this.budget.called();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.jsonOnce(method, operation, options);
      } catch (error) {
        const failure = error as ProviderError;
        const delay = retryDelay(failure, attempt, options.retry ?? CHAT_RETRY, this.budget);
        if (delay === undefined) throw withoutSecrets(failure, this.secrets);
        try {
          await sleep(delay, undefined, { signal: options.signal });
        } catch {
          throw cancelled();
        }
      }
    }
  }

  private async jsonOnce(
    method: 'GET' | 'POST',
    operation: string,
    { body, timeoutMs, signal }: { body?: unknown; timeoutMs: number; signal?: AbortSignal },
  ): Promise<Record<string, unknown> | unknown[]> {
    const timeout = AbortSignal.timeout(timeoutMs);
    let headersSeen = false;
    try {
      const response = await this.pool.request({
        method,
        path: this.path(operation),
        headers: { ...this.headers, accept: 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      headersSeen = true;
      const parts: Buffer[] = [];
      let length = 0;
      for await (const part of response.body) {
        length += (part as Buffer).length;
        if (length > MAX_DOCUMENT)
          throw new ProviderError('PROTOCOL', 'The provider sent a document of more than 32 MB');
        parts.push(part as Buffer);
      }
      const text = Buffer.concat(parts).toString('utf8');
      if (response.statusCode >= 300) throw errorFromResponse(response.statusCode, response.headers, text);
      return parseDocument(text);
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      if (signal?.aborted) throw cancelled();
      if (timeout.aborted) {
        throw new ProviderError('TIMEOUT', `The provider did not answer within ${timeoutMs / 1000} s`, {
          retryable: true,
        });
      }
      throw errorFromTransport(error, headersSeen);
    }
  }
}

function parseDocument(text: string): Record<string, unknown> | unknown[] {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown> | unknown[];
  } catch {
    // Said below.
  }
  throw new ProviderError(
    'PROTOCOL',
    /^\s*</.test(text)
      ? 'The address answers with a web page: it is not the base URL of a model API'
      : 'The provider did not answer with JSON',
  );
}

function cancelled(): ProviderError {
  return new ProviderError('CANCELLED', 'The request was cancelled');
}
