import type { UserPrincipal } from '@perennial/contracts-kernel';
import type { SearchItem } from '@perennial/contracts-retrieval';
import { StreamThreadError, type ModelConnection } from '@perennial/model-provider';
import { raceAbort, retryTransient, type Logger } from '@perennial/runtime';
import type { RunWriter } from '@perennial/transport';
import type { ActiveItem } from '@perennial/work';
import type { Consulted, DocumentsService } from '../documents/documents.service';
import { itemsOf } from '../documents/run-documents';
import type { Outcome, ClaimedRun } from '../types/run';
import { SUSPECT_AFTER_DEATHS } from '../ownership/claim.repository';
import type { CheckpointRow } from '../ownership/ownership.repository';
import type { AttemptTools } from './attempt-tools';
import type { FinishedRun } from './finish.repository';
import { failure, identityOf, outcomeOfError, outcomeOfStop, type StopReason } from './outcome';
import { providerCall, type ProviderCall, wholeUsage } from './provider-request';
import { inAttemptSpan, ProviderSpan } from './attempt-trace';
import { AnswerText } from './answer-text';
import { providerHost } from './run-metrics';
import { recoverText, type RecoveredText } from './recovery';

/** How long config may be away before an answer fails. */
const CONFIG_TIMEOUT_MS = 30_000;
/** A completion without a key ends when it has had no reader at any gateway for this long. */
const READER_GONE_MS = 10_000;

/** One owner's attempt at an answer: from the claim to the finish, the loss or the hand-over. */
export class Attempt implements ActiveItem {
  readonly id: string;
  readonly epoch: number;
  /** Resolves when the attempt has ended in any way. */
  readonly over: Promise<void>;
  #over!: () => void;
  readonly #abort = new AbortController();
  /** Aborts waiting for Postgres at the finish, on a loss or the end of the process only. */
  readonly #giveUp = new AbortController();
  #reason?: StopReason;
  #writer?: RunWriter;
  #pending: CheckpointRow[] = [];
  #finishing = false;
  #checkpoint: Promise<unknown> | undefined;
  #unreadSince?: number;
  /** Host of the provider, once it is known. */
  #provider?: string;
  /** The documents of the run, if it has any. */
  #consulted?: Consulted;

  constructor(
    readonly run: ClaimedRun,
    private readonly owner: string,
    private readonly tools: AttemptTools,
    private readonly documents: DocumentsService,
  ) {
    this.id = run.id;
    this.epoch = run.epoch;
    this.over = new Promise((resolve) => (this.#over = resolve));
  }

  /** True once the outcome is known: it is being written to Postgres. */
  get finishing(): boolean {
    return this.#finishing;
  }

  /** Ends the attempt. `lost` and `handover` end it without an outcome. */
  stop(reason: StopReason): void {
    if (reason === 'lost' || reason === 'handover') this.#giveUp.abort();
    if (reason === 'lost') this.#writer?.release();
    // The first reason stands: a hand-over does not undo a requested stop, nor a time-out a hand-over. A loss overrides all.
    if (this.#finishing || (this.#reason !== undefined && reason !== 'lost')) return;
    this.#reason = reason;
    this.#abort.abort();
  }

  /** Text for the next checkpoint; it is offered again until `checkpointed` confirms it. */
  uncheckpointed(): readonly CheckpointRow[] {
    const piece = this.#writer?.takeUncheckpointed();
    if (piece) {
      const { generation, from, text } = piece;
      this.#pending.push({ runId: this.id, epoch: this.epoch, generation, start: from, text });
    }
    return this.#pending;
  }

  /**
   * A checkpoint that may hold text of this run is under way: the finish waits for it, since it deletes all checkpoints.
   */
  checkpointing(checkpoint: Promise<unknown>): void {
    this.#checkpoint = checkpoint.catch(() => undefined);
  }

  checkpointed(rows: ReadonlySet<CheckpointRow>): void {
    this.#pending = this.#pending.filter((row) => !rows.has(row));
  }

  /** Called each second: a completion without a reader is not worth its tokens. */
  watchReader(): void {
    if (this.run.kind !== 'completion' || this.run.idempotency_key !== null || this.#finishing) return;
    if (this.tools.publisher.hasReader(this.id)) this.#unreadSince = undefined;
    else this.#unreadSince ??= performance.now();
    if (this.#unreadSince !== undefined && performance.now() - this.#unreadSince >= READER_GONE_MS)
      this.stop('cancelled');
  }

  /**
   * Runs the attempt. Rejects only when the run could not be started; it is then still owned by this process and must be released.
   */
  async perform(): Promise<void> {
    try {
      await inAttemptSpan(this.run, this.tools, () => this.#perform());
    } finally {
      this.#writer?.release();
      this.#over();
    }
  }

  async #perform(): Promise<void> {
    const recovered = await this.#recover();
    if (!recovered || this.#reason === 'lost' || this.#reason === 'handover') return;
    this.tools.metrics.claimed(this.epoch);
    const { publisher } = this.tools;
    this.#writer = publisher.open(identityOf(this.run), { epoch: this.epoch, ...recovered }, () => this.stop('lost'));
    const writer = this.#writer;
    const knownOutcome = this.#knownOutcome(recovered);
    const outcome = knownOutcome ?? (await this.#generate(writer, recovered));
    if (!outcome) return;
    this.#finishing = true;
    const finished = await this.#finish(writer, outcome, knownOutcome === undefined);
    if (finished) this.#announce(writer, finished);
  }

  /** Sets the fence in Redis and reads the text of an earlier owner there. Undefined: another owner has the run. */
  async #recover(): Promise<RecoveredText | undefined> {
    const { publisher, store } = this.tools;
    if (this.epoch === 1) return recoverText({ kind: 'empty' }, this.run.checkpoints ?? []);
    const acquired = await publisher.acquire(this.id, this.epoch);
    if (acquired.kind === 'fenced') {
      this.stop('lost');
      return undefined;
    }
    // An empty Redis has no fence: only Postgres can tell whether a later owner has written the stream again meanwhile.
    if (acquired.kind === 'empty') {
      const mine = await retryTransient(
        () => store.ownership.isOwner(this.id, this.owner, this.epoch),
        this.#retryOptions(),
      );
      if (!mine) {
        this.stop('lost');
        return undefined;
      }
    }
    return recoverText(acquired, this.run.checkpoints ?? []);
  }

  /** The outcome, if it is known before the provider is called. */
  #knownOutcome({ generation, text }: RecoveredText): Outcome | undefined {
    const { cancelled, deaths, provider_end: end } = this.run;
    if (cancelled || this.#reason === 'cancelled') return { state: 'cancelled' };
    if (end && end.generation === generation && end.length === text.length) return end.outcome;
    // Earlier deaths may have been caused by other runs; the next one happens with this run alone.
    if (deaths > Math.max(this.tools.env.MAX_RUN_DEATHS, SUSPECT_AFTER_DEATHS + 1)) {
      return failure('UNAVAILABLE', `The answer broke off ${deaths} times and was given up. Try again.`);
    }
    return undefined;
  }

  async #generate(writer: RunWriter, recovered: RecoveredText): Promise<Outcome | undefined> {
    const { env } = this.tools;
    const limit = setTimeout(() => this.stop('late'), Math.max(0, env.MAX_RUN_SECONDS - this.run.running_s) * 1_000);
    limit.unref();
    try {
      return await this.#stream(writer, recovered);
    } catch (error) {
      if (this.#reason) return this.#stopped();
      if (error instanceof StreamThreadError) throw error;
      return outcomeOfError(error, this.#log, this.run.principal);
    } finally {
      clearTimeout(limit);
    }
  }

  async #stream(writer: RunWriter, recovered: RecoveredText): Promise<Outcome | undefined> {
    const { models, secrets } = this.tools;
    const principal = this.run.principal as UserPrincipal;
    const { signal } = this.#abort;
    // A config service that does not answer must not delay a stop or a hand-over.
    const model = await raceAbort(
      retryTransient(() => models.resolve(this.run.model, principal), { signal, limitMs: CONFIG_TIMEOUT_MS }),
      signal,
    );
    if (this.#reason) return this.#stopped();
    const { kind, baseUrl, continuation, sealedKey } = model.connection;
    this.#provider = providerHost(baseUrl);
    const connection = {
      kind,
      baseUrl,
      continuation,
      ...(sealedKey === null ? {} : { apiKey: secrets.open(sealedKey) }),
    };
    const items = itemsOf(this.run, model.knowledge);
    if (items.length > 0) this.#consulted = await this.#consult(items, recovered);
    return this.tools.pictures.inlined(this.#consulted?.run ?? this.run, signal, (run) =>
      this.#ask(connection, providerCall(run, model, connection, recovered.text), writer, recovered),
    );
  }

  async #ask(
    connection: ModelConnection,
    call: ProviderCall,
    writer: RunWriter,
    recovered: RecoveredText,
  ): Promise<Outcome> {
    const { signal } = this.#abort;
    const span = new ProviderSpan(connection, call.request, this.run, this.tools.metrics);
    const answer = new AnswerText(writer, {
      raw: call.raw,
      thoughts: this.run.kind === 'turn',
      restart: !call.continues && recovered.text !== '',
      limit: this.tools.env.MAX_ANSWER_CHARS,
      length: call.continues ? recovered.text.length : 0,
      onPiece: () => span.token(),
    });
    try {
      const end = await span.within(() =>
        this.tools.streams.stream(connection, call.request, answer, { signal, raw: call.raw, headers: span.headers }),
      );
      span.ended(end);
      const usage = wholeUsage(end.usage, call.continues ? recovered.text : '');
      const { finishReason, systemFingerprint } = end;
      return {
        state: 'completed',
        finishReason,
        ...(usage && { usage }),
        ...(systemFingerprint && { systemFingerprint }),
      };
    } catch (error) {
      span.failed(error);
      throw error;
    } finally {
      answer.close();
      span.end();
    }
  }

  #consult(items: readonly SearchItem[], { text }: RecoveredText): Promise<Consulted> {
    const { run, id: runId, owner, epoch } = this;
    const signals = { signal: this.#abort.signal, giveUp: this.#giveUp.signal };
    return this.documents.consult({ run, items, claim: { runId, owner, epoch }, begun: text !== '', ...signals });
  }

  /** A logger for this run, without its user. */
  get #log(): Logger {
    const { id, model, epoch } = this.run;
    return this.tools.log.child({ run_id: id, epoch, model, provider: this.#provider });
  }

  #stopped(): Outcome | undefined {
    return outcomeOfStop(this.#reason, this.tools.env.MAX_RUN_SECONDS);
  }

  /** Postgres may be away: the text is here, so the finish waits for it. Undefined: the run is lost or handed over. */
  async #finish(writer: RunWriter, outcome: Outcome, record: boolean): Promise<FinishedRun | undefined> {
    const { finish } = this.tools.store;
    const claim = { runId: this.id, owner: this.owner, epoch: this.epoch };
    const { generation } = writer.position;
    const text = writer.text;
    const { signal } = this.#giveUp;
    // After the finish the run has no owner, and its documents could not be stored any more.
    if (this.#consulted) await this.#consulted.kept;
    await this.#checkpoint;
    const recording =
      record && outcome.state !== 'cancelled'
        ? { end: { generation, length: text.length, outcome }, rest: [...this.uncheckpointed()] }
        : undefined;
    try {
      return await retryTransient(() => finish.finish(claim, outcome, generation, text, recording), { signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  #announce(writer: RunWriter, { terminal, chatActive }: FinishedRun): void {
    const { metrics, events } = this.tools;
    const { state, error, finishReason, usage } = terminal;
    metrics.ended(state, error?.code ?? finishReason, usage, { model: this.run.model, provider: this.#provider });
    if (state === 'failed') this.#log.warn({ code: error?.code, deaths: this.run.deaths }, 'run failed');
    // The writer is released only when Redis has the end; if the process dies before, the sweepers publish it.
    this.#writer = undefined;
    writer.end(terminal).then(
      () => this.onPublished(this.id),
      () => undefined,
    );
    const { chat_id: chatId, message_id: messageId, user_id: userId } = this.run;
    this.#consulted?.repeat();
    if (chatId && messageId) events.ended(userId, chatId, messageId, chatActive);
  }

  /** Called when the terminal event has reached Redis. */
  onPublished: (runId: string) => void = () => undefined;

  #retryOptions() {
    return { signal: this.#abort.signal };
  }
}
