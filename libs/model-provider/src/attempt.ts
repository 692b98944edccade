import { StringDecoder } from 'node:string_decoder';
import type { Dispatcher } from 'undici';
import { errorFromResponse, errorFromTransport, headerOf, ProviderError, type ResponseHeaders } from './errors';
import type { StreamDecoder } from './decoder';

/** Who an {@link Attempt} reports to. */
export interface AttemptOwner {
  /** The request is about to be written to a connected socket. */
  sent(): void;
  /** One network read has been decoded. */
  received(): void;
  /** The body ended without an error. */
  ended(attempt: Attempt): void;
  failed(attempt: Attempt, error: ProviderError): void;
}

/** More of an error page than this is not read. */
const ERROR_BODY_LIMIT = 64 * 1024;
/** After the end of an answer the server gets this long to end its response, so that the connection can be kept. */
const DRAIN_MS = 5_000;

/**
 * One HTTP request of a streamed answer, as a handler of undici's dispatch: no Readable between socket and decoder, which
 * would cost more than the parsing does.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  private controller?: Dispatcher.DispatchController;
  private decoder?: StreamDecoder;
  private readonly utf8 = new StringDecoder('utf8');
  private split = false;
  private over = false;
  private requested = false;
  private status = 0;
  private headers: ResponseHeaders = {};
  private errorBody = '';
  private drainTimer?: NodeJS.Timeout;

  constructor(
    private readonly owner: AttemptOwner,
    private readonly decoderFor: (contentType: string) => StreamDecoder,
  ) {}

  /** Ends the request now; nothing is reported afterwards. */
  abort(): void {
    if (this.over && !this.drainTimer) return;
    this.over = true;
    clearTimeout(this.drainTimer);
    this.drainTimer = undefined;
    this.controller?.abort(new Error('no longer wanted'));
  }

  /** The answer is complete: whatever else comes is thrown away. */
  drain(): void {
    if (this.over) return;
    this.over = true;
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
    const encoding = headerOf(headers, 'content-encoding') ?? 'identity';
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
      this.decoder = this.decoderFor(contentType);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    if (!this.decoder) {
      if (this.errorBody.length < ERROR_BODY_LIMIT) this.errorBody += this.decode(chunk);
      return;
    }
    try {
      this.decoder.feed(this.decode(chunk));
    } catch (error) {
      return this.fail(error);
    }
    this.owner.received();
  }

  onResponseEnd(): void {
    clearTimeout(this.drainTimer);
    this.drainTimer = undefined;
    if (this.over) return;
    if (!this.decoder) return this.fail(errorFromResponse(this.status, this.headers, this.errorBody));
    try {
      this.decoder.finish();
    } catch (error) {
      return this.fail(error);
    }
    this.over = true;
    this.owner.ended(this);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.drainTimer);
    this.drainTimer = undefined;
    if (this.over) return;
    if (this.status >= 300) return this.fail(errorFromResponse(this.status, this.headers, this.errorBody));
    this.fail(errorFromTransport(error, this.requested));
  }

  /** A read that ends in ASCII cannot end within a character, which is nearly always so and needs no decoder state. */
  private decode(chunk: Buffer): string {
    const complete = chunk[chunk.length - 1]! < 0x80;
    if (complete && !this.split) return chunk.toString('utf8');
    this.split = !complete;
    return this.utf8.write(chunk);
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
