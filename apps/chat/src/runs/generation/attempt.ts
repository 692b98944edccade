import type { SearchItem } from '@perennial/contracts-retrieval';
import { StreamThreadError } from '@perennial/model-provider';
import { retryTransient } from '@perennial/runtime';
import {
  type AcquireResult,
  isRedisUnavailable,
  redisUnavailable,
  type RunPublisher,
  type RunWriter,
} from '@perennial/transport';
import type { ActiveItem } from '@perennial/work';
import type { ChatEnv } from '../../env';
import type { Consulted, DocumentsService } from '../documents/documents.service';
import { itemsOf } from '../documents/run-documents';
import { SUSPECT_AFTER_DEATHS } from '../ownership/claim.repository';
import type { CheckpointRow, OwnershipRepository } from '../ownership/ownership.repository';
import type { ClaimedRun, Outcome } from '../types/run';
import { AnswerText } from './answer-text';
import { inAttemptSpan } from './attempt-trace';
import type { FinishedRun, FinishRepository } from './finish.repository';
import { failure, identityOf, outcomeOfEnd, outcomeOfError, outcomeOfStop, type StopReason } from './outcome';
import type { ConnectedModel, ProviderCalls } from './provider-calls';
import { type ProviderCall, providerCall, wholeUsage } from './provider-request';
import { type RecoveredText, recoverText } from './recovery';
import { providerHost } from './run-metrics';
import type { RunReports } from './run-reports';

/** A completion without a key ends when it has had no reader at any gateway for this long. */
const READER_GONE_MS = 10_000;
/** How long a claimant waits for a Redis that cannot take its fence, before another one may try. */
const FENCE_TIMEOUT_MS = 5_000;

/** One owner's attempt at an answer: from the claim to the finish, the loss or the hand-over. */
export class Attempt implements ActiveItem {
  readonly id: string;
  readonly epoch: number;
  /** Resolves when the attempt has ended in any way. */
  readonly over: Promise<void>;
  private settleOver!: () => void;
  private readonly abort = new AbortController();
  /** Aborts waiting for Postgres at the finish, on a loss or the end of the process only. */
  private readonly giveUp = new AbortController();
  private reason?: StopReason;
  private writer?: RunWriter;
  private pending: CheckpointRow[] = [];
  private isFinishing = false;
  private checkpoint: Promise<unknown> | undefined;
  private unreadSince?: number;
  /** Host of the provider, once it is known. */
  private provider?: string;
  /** The documents of the run, if it has any. */
  private consulted?: Consulted;

  constructor(
    readonly run: ClaimedRun,
    private readonly owner: string,
    private readonly env: ChatEnv,
    private readonly publisher: RunPublisher,
    private readonly ownership: OwnershipRepository,
    private readonly finishes: FinishRepository,
    private readonly providerCalls: ProviderCalls,
    private readonly documents: DocumentsService,
    private readonly reports: RunReports,
  ) {
    this.id = run.id;
    this.epoch = run.epoch;
    this.over = new Promise((resolve) => (this.settleOver = resolve));
  }

  /** True once the outcome is known: it is being written to Postgres. */
  get finishing(): boolean {
    return this.isFinishing;
  }

  /** Ends the attempt. `lost` and `handover` end it without an outcome. */
  stop(reason: StopReason): void {
    if (reason === 'lost' || reason === 'handover') this.giveUp.abort();
    if (reason === 'lost') this.writer?.release();
    // The first reason stands: a hand-over does not undo a requested stop, nor a time-out a hand-over. A loss overrides all.
    if (this.isFinishing || (this.reason !== undefined && reason !== 'lost')) return;
    this.reason = reason;
    this.abort.abort();
  }

  /** Text for the next checkpoint; it is offered again until `checkpointed` confirms it. */
  uncheckpointed(): readonly CheckpointRow[] {
    const piece = this.writer?.takeUncheckpointed();
    if (piece) {
      const { generation, from, text } = piece;
      this.pending.push({ runId: this.id, epoch: this.epoch, generation, start: from, text });
    }
    return this.pending;
  }

  /**
   * A checkpoint that may hold text of this run is under way: the finish waits for it, since it deletes all checkpoints.
   */
  checkpointing(checkpoint: Promise<unknown>): void {
    this.checkpoint = checkpoint.catch(() => undefined);
  }

  checkpointed(rows: ReadonlySet<CheckpointRow>): void {
    this.pending = this.pending.filter((row) => !rows.has(row));
  }

  /** Called each second: a completion without a reader is not worth its tokens. */
  watchReader(): void {
    if (this.run.kind !== 'completion' || this.run.idempotency_key !== null || this.isFinishing) return;
    if (this.publisher.hasReader(this.id)) this.unreadSince = undefined;
    else this.unreadSince ??= performance.now();
    if (this.unreadSince !== undefined && performance.now() - this.unreadSince >= READER_GONE_MS)
      this.stop('cancelled');
  }

  /**
   * Runs the attempt. Rejects only when the run could not be started; it is then still owned by this process and must be released.
   */
  async perform(): Promise<void> {
    try {
      await inAttemptSpan(this.run, this.owner, this.ownership, () => this.performInSpan());
    } finally {
      this.writer?.release();
      this.settleOver();
    }
  }

  private async performInSpan(): Promise<void> {
    const recovered = await this.recover();
    if (!recovered || this.reason === 'lost' || this.reason === 'handover') return;
    this.reports.claimed(this.run);
    this.writer = this.publisher.open(identityOf(this.run), { epoch: this.epoch, ...recovered }, () =>
      this.stop('lost'),
    );
    const writer = this.writer;
    const knownOutcome = this.knownOutcome(recovered);
    const outcome = knownOutcome ?? (await this.generate(writer, recovered));
    if (!outcome) return;
    this.isFinishing = true;
    const finished = await this.finish(writer, outcome, knownOutcome === undefined);
    if (finished) this.announce(writer, finished);
  }

  /** Sets the fence in Redis and reads the text of an earlier owner there. Undefined: another owner has the run. */
  private async recover(): Promise<RecoveredText | undefined> {
    if (this.epoch === 1) return recoverText({ kind: 'empty' }, this.run.checkpoints ?? []);
    const acquired = await this.acquire();
    if (acquired.kind === 'fenced') {
      this.stop('lost');
      return undefined;
    }
    // An empty Redis has no fence: only Postgres can tell whether a later owner has written the stream again meanwhile.
    if (acquired.kind === 'empty') {
      const mine = await retryTransient(
        () => this.ownership.isOwner(this.id, this.owner, this.epoch),
        this.retryOptions(),
      );
      if (!mine) {
        this.stop('lost');
        return undefined;
      }
    }
    return recoverText(acquired, this.run.checkpoints ?? []);
  }

  /** A run that is given back at once is claimed again at once: each claim costs an epoch, and a try of its title. */
  private acquire(): Promise<AcquireResult> {
    return retryTransient(
      async () => {
        try {
          return await this.publisher.acquire(this.id, this.epoch);
        } catch (error) {
          throw isRedisUnavailable(error) ? redisUnavailable() : error;
        }
      },
      { signal: this.giveUp.signal, limitMs: FENCE_TIMEOUT_MS },
    );
  }

  /** The outcome, if it is known before the provider is called. */
  private knownOutcome({ generation, text, toldEnd }: RecoveredText): Outcome | undefined {
    const { cancelled, deaths, provider_end: end } = this.run;
    if (toldEnd?.generation === generation && toldEnd.length === text.length) return outcomeOfEnd(toldEnd);
    if (cancelled || this.reason === 'cancelled') return { state: 'cancelled' };
    if (end && end.generation === generation && end.length === text.length) return end.outcome;
    // Earlier deaths may have been caused by other runs; the next one happens with this run alone.
    if (deaths > Math.max(this.env.MAX_RUN_DEATHS, SUSPECT_AFTER_DEATHS + 1)) {
      return failure('UNAVAILABLE', `The answer broke off ${deaths} times and was given up. Try again.`);
    }
    return undefined;
  }

  private async generate(writer: RunWriter, recovered: RecoveredText): Promise<Outcome | undefined> {
    const limit = setTimeout(
      () => this.stop('late'),
      Math.max(0, this.env.MAX_RUN_SECONDS - this.run.running_s) * 1_000,
    );
    limit.unref();
    try {
      return await this.stream(writer, recovered);
    } catch (error) {
      if (this.reason) return this.stopped();
      if (error instanceof StreamThreadError) throw error;
      return outcomeOfError(error, this.reports.logger(this.run, this.provider), this.run.principal);
    } finally {
      clearTimeout(limit);
    }
  }

  private async stream(writer: RunWriter, recovered: RecoveredText): Promise<Outcome | undefined> {
    const { signal } = this.abort;
    const connected = await this.providerCalls.connect(this.run, signal);
    const { model, connection } = connected;
    if (this.reason) return this.stopped();
    this.provider = providerHost(connection.baseUrl);
    const items = itemsOf(this.run, model.knowledge);
    if (items.length > 0) this.consulted = await this.consult(items, recovered);
    return this.providerCalls.whenAllowed(this.consulted?.run ?? this.run, connected, signal, (run, answered) =>
      this.ask(connected, providerCall(run, model, connection, recovered.text), writer, recovered, answered),
    );
  }

  private async ask(
    connected: ConnectedModel,
    call: ProviderCall,
    writer: RunWriter,
    recovered: RecoveredText,
    answered: () => void,
  ): Promise<Outcome> {
    const answerOf = (onPiece: () => void): AnswerText =>
      new AnswerText(writer, {
        raw: call.raw,
        thoughts: this.run.kind === 'turn',
        restart: !call.continues && recovered.text !== '',
        limit: this.env.MAX_ANSWER_CHARS,
        length: call.continues ? recovered.text.length : 0,
        onPiece: () => {
          answered();
          onPiece();
        },
      });
    const end = await this.providerCalls.read(this.run, connected, call, this.abort.signal, answerOf);
    const usage = wholeUsage(end.usage, call.continues ? recovered.text : '');
    const { finishReason, systemFingerprint } = end;
    return {
      state: 'completed',
      finishReason,
      ...(usage && { usage }),
      ...(systemFingerprint && { systemFingerprint }),
    };
  }

  private consult(items: readonly SearchItem[], { text }: RecoveredText): Promise<Consulted> {
    const { run, id: runId, owner, epoch } = this;
    const signals = { signal: this.abort.signal, giveUp: this.giveUp.signal };
    return this.documents.consult({ run, items, claim: { runId, owner, epoch }, begun: text !== '', ...signals });
  }

  private stopped(): Outcome | undefined {
    return outcomeOfStop(this.reason, this.env.MAX_RUN_SECONDS);
  }

  /** Postgres may be away: the text is here, so the finish waits for it. Undefined: the run is lost or handed over. */
  private async finish(writer: RunWriter, outcome: Outcome, record: boolean): Promise<FinishedRun | undefined> {
    const claim = { runId: this.id, owner: this.owner, epoch: this.epoch };
    const { generation } = writer.position;
    const text = writer.text;
    const { signal } = this.giveUp;
    // After the finish the run has no owner, and its documents could not be stored any more.
    if (this.consulted) await this.consulted.kept;
    await this.checkpoint;
    const recording =
      record && outcome.state !== 'cancelled'
        ? { end: { generation, length: text.length, outcome }, rest: [...this.uncheckpointed()] }
        : undefined;
    try {
      return await retryTransient(() => this.finishes.finish(claim, outcome, generation, text, recording), { signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  private announce(writer: RunWriter, finished: FinishedRun): void {
    this.reports.ended(this.run, finished, this.provider);
    if (finished.followUps) this.onFollowUps(finished.followUps);
    // The writer is released only when Redis has the end; if the process dies before, the sweepers publish it.
    this.writer = undefined;
    writer.end(finished.terminal).then(
      () => this.onPublished(this.id),
      () => undefined,
    );
    this.consulted?.repeat();
    this.reports.tellUser(this.run, finished);
  }

  /** Called when the terminal event has reached Redis. */
  onPublished: (runId: string) => void = () => undefined;

  /** Called when what one might ask next is to be made. */
  onFollowUps: (effect: NonNullable<FinishedRun['followUps']>) => void = () => undefined;

  private retryOptions() {
    return { signal: this.abort.signal };
  }
}
