import type { Dispatcher } from 'undici';
import type { StreamDecoder } from './decoder';
import { errorFromResponse, errorFromTransport, headerOf, ProviderError, type ResponseHeaders } from './errors';
import { ReadQueue } from './read-queue';

/** Receives the reports of a {@link RequestAttempt}. */
export interface RequestAttemptOwner {
  /** The request is about to be written to a connected socket. */
  sent(): void;
  /** Decoding begins or ends. */
  reading(isReading: boolean): void;
  /** One network read has been decoded. */
  received(): void;
  /** The body ended without an error. */
  ended(attempt: RequestAttempt): void;
  failed(attempt: RequestAttempt, error: ProviderError): void;
}

/** Bytes of an error page that are read. */
const ERROR_BODY_LIMIT = 64 * 1024;
/** After the answer the server gets this long to end its response, so that the connection can be reused. */
const DRAIN_MS = 5_000;

/**
 * One HTTP request of a streamed answer, as a handler of undici's dispatch: no Readable between socket and decoder, which would cost more
 * than parsing.
 */
export class RequestAttempt implements Dispatcher.DispatchHandler {
  private controller?: Dispatcher.DispatchController;
  private decoder?: StreamDecoder;
  private readonly reads = new ReadQueue({
    take: (bytes) => this.decode(bytes),
    pause: () => this.controller?.pause(),
    resume: () => this.controller?.resume(),
  });
  private over = false;
  private requested = false;
  private status = 0;
  private headers: ResponseHeaders = {};
  private errorBody: Buffer[] = [];
  private errorBytes = 0;
  private drainTimer?: NodeJS.Timeout;

  constructor(
    private readonly owner: RequestAttemptOwner,
    private readonly makeDecoder: () => StreamDecoder,
  ) {}

  /** Ends the request now without further reports. */
  abort(): void {
    if (this.over && !this.drainTimer) return;
    this.over = true;
    this.reads.clear();
    clearTimeout(this.drainTimer);
    this.drainTimer = undefined;
    this.controller?.abort(new Error('no longer wanted'));
  }

  /** The answer is complete: further bytes are discarded. */
  drain(): void {
    if (this.over) return;
    this.over = true;
    this.reads.clear();
    this.drainTimer = setTimeout(() => this.abort(), DRAIN_MS).unref();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.over) return void controller.abort(new Error('no longer wanted'));
    this.requested = true;
    this.owner.sent();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (this.over || status < 200) return;
    this.status = status;
    this.headers = headers;
    if (status >= 300) return;
    const contentType = (headerOf(headers, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase();
    // The pool has removed the encodings that it can decompress.
    const encoding = headerOf(headers, 'content-encoding') || 'identity';
    if (contentType === 'text/html') {
      this.fail(
        new ProviderError('PROTOCOL', 'The address answers with a web page: it is not the base URL of a model API', {
          status,
        }),
      );
    } else if (encoding !== 'identity') {
      this.fail(
        new ProviderError('PROTOCOL', `The provider compresses its answer (${encoding}) without being asked to`, {
          status,
        }),
      );
    } else {
      this.decoder = this.makeDecoder();
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    if (this.decoder) return this.reads.push(chunk);
    if (this.errorBytes >= ERROR_BODY_LIMIT) return;
    this.errorBody.push(chunk);
    this.errorBytes += chunk.length;
  }

  onResponseEnd(): void {
    clearTimeout(this.drainTimer);
    this.drainTimer = undefined;
    if (this.over) return;
    if (!this.decoder) return this.fail(this.refusal());
    this.reads.whenEmpty(() => this.finish());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.drainTimer);
    this.drainTimer = undefined;
    if (this.over) return;
    if (this.status >= 300) return this.fail(this.refusal());
    // Bytes that arrived before the error are part of the answer.
    this.reads.whenEmpty(() => this.fail(errorFromTransport(error, this.requested)));
  }

  private decode(bytes: Buffer): void {
    if (this.over || !this.understood((decoder) => decoder.feed(bytes))) return;
    this.owner.received();
  }

  private finish(): void {
    if (this.over || !this.understood((decoder) => decoder.finish())) return;
    this.over = true;
    this.owner.ended(this);
  }

  /** Runs the decoder; false when it failed the answer. */
  private understood(work: (decoder: StreamDecoder) => void): boolean {
    this.owner.reading(true);
    try {
      work(this.decoder!);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    } finally {
      this.owner.reading(false);
    }
  }

  private refusal(): ProviderError {
    const body = Buffer.concat(this.errorBody).subarray(0, ERROR_BODY_LIMIT).toString('utf8');
    return errorFromResponse(this.status, this.headers, body);
  }

  private fail(error: unknown): void {
    this.owner.failed(
      this,
      error instanceof ProviderError
        ? error
        : new ProviderError('PROTOCOL', 'The provider sent something that cannot be understood', { cause: error }),
    );
  }
}
