import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { completions, runs as runCalls } from '@perennial/contracts-chat';
import type { CompletionBodySchema, TurnBodySchema, TurnReply } from '@perennial/contracts-gateway';
import { CallError, type CallReply, splitThoughts } from '@perennial/contracts-kernel';
import { Runtime, unexpected } from '@perennial/runtime';
import { Rpc, type RunStreamSubscriber, type RunTerminal } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { AdmissionControl } from '../../http/admission-control';
import type { EventStream } from '../../http/event-stream';
import { EventStreams } from '../../http/event-streams';
import { releaseSlots } from '../../http/request';
import { Problem } from '../../problem';
import type { Caller } from '../../sessions/caller';
import { PictureIntake } from '../pictures/picture-intake';
import { RetrievalLimits } from '../retrieval/retrieval-limits';
import { feed } from '../runs/run-feed';
import { RUN_STREAM_SUBSCRIBER } from '../runs/run-stream-subscriber';
import { AnswerSources } from './answer-sources';
import { completionOf } from './completion-body';
import { CompletionStream } from './completion-stream';
import { mergeChunks } from './merge-chunks';
import { problemOfFailure, problemOfRun } from './run-problem';
import { toTurn } from './turn-body';

type CompletionBody = z.output<typeof CompletionBodySchema>;

type Accepted = CallReply<typeof completions.accept>;

const GOING_DOWN = { code: 'UNAVAILABLE', message: 'This server is shutting down. Try again.', retryAfter: 1 };

/** Part of the shutdown grace that is reserved for sending the last replies. */
const SHUTDOWN_RESERVE_MS = 500;

/** Both modes of the completions route: a page's turn, and an SDK's completion. */
@Injectable()
export class CompletionsService implements OnModuleInit {
  /** Whole completions in progress; each is notified when this process cannot wait longer. */
  private readonly waiting = new Set<(error: Error) => void>();

  constructor(
    private readonly runtime: Runtime,
    private readonly rpc: Rpc,
    @Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber,
    private readonly streams: EventStreams,
    private readonly admission: AdmissionControl,
    private readonly sources: AnswerSources,
    private readonly limits: RetrievalLimits,
    private readonly pictures: PictureIntake,
  ) {}

  onModuleInit(): void {
    this.runtime.drain.add('work', 'finish completions', ({ remainingMs }) =>
      this.drain(remainingMs - SHUTDOWN_RESERVE_MS),
    );
  }

  /** The answer is written whether or not a client reads it; it goes to the user's sockets. */
  async accept(
    { principal }: Caller,
    body: z.output<typeof TurnBodySchema>,
    key: string | undefined,
  ): Promise<TurnReply> {
    if (body.user_message?.files?.length) await this.limits.refuseTooMany(body.user_message.files);
    // A client's key must not collide with a call id, which is the default key.
    const once = key === undefined ? {} : { key: `client:${key}` };
    const [message] = await this.pictures.take(body.user_message ? [body.user_message] : [], principal);
    const turn = toTurn(message === undefined ? body : { ...body, user_message: message });
    const { chatId, runs } = await this.rpc.call(runCalls.accept, turn, { principal, ...once });
    return { status: true, task_ids: runs.map(({ runId }) => runId), chat_id: chatId };
  }

  /** Replies with one JSON object when the answer is complete. */
  async complete(caller: Caller, body: CompletionBody, key: string | undefined, reply: FastifyReply): Promise<unknown> {
    const { runId, encoding, documents } = await this.begin(caller, body, key, reply);
    const leave = this.admission.stream(caller.user.id);
    releaseSlots(reply.request);
    try {
      const { terminal, text } = await this.whole(runId, reply);
      const problem = problemOfRun(terminal);
      if (problem !== undefined) throw problem;
      const completion = completionObject(runId, body.model, encoding, terminal, text);
      return documents ? { ...(await this.sources.field(runId, caller.principal)), ...completion } : completion;
    } catch (error) {
      if (key === undefined && reply.raw.destroyed) this.abandon(runId, caller);
      throw error;
    } finally {
      leave();
    }
  }

  /**
   * Streams an answer. The status waits for the first event, so that an earlier failure has its HTTP status; later failures are an error
   * object in the stream.
   */
  async stream(caller: Caller, body: CompletionBody, key: string | undefined, reply: FastifyReply): Promise<void> {
    const { runId, encoding, documents } = await this.begin(caller, body, key, reply);
    const includeUsage = body.stream_options?.include_usage === true;
    const stream = this.streams.add(caller, reply, 'whole', () => frames.fail(problemOfFailure(GOING_DOWN)));
    const frames = new CompletionStream(stream, encoding, { runId, model: body.model, includeUsage });
    try {
      if (documents) await this.sources.sendFirst(runId, caller.principal, stream);
      const ended = await this.relay(runId, stream, frames);
      if (!ended && key === undefined) this.abandon(runId, caller);
    } catch (error) {
      if (!stream.hasBegun) {
        stream.decline();
        throw error;
      }
      const failure = error instanceof CallError ? error : unexpected(this.runtime.logger('completions'), error);
      frames.fail(problemOfFailure(failure));
    }
  }

  /**
   * Writes a run into a stream until the stream is over.
   * @returns whether the run had ended by then
   * @throws Problem when the run failed before the stream has begun
   */
  private relay(runId: string, stream: EventStream, frames: CompletionStream): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let ended = false;
      stream.onClose(() => resolve(ended));
      feed(this.subscriber, runId, undefined, stream, (update) => {
        ended = update.kind === 'end';
        const problem = update.kind === 'end' && !stream.hasBegun ? problemOfRun(update.terminal) : undefined;
        if (problem === undefined) return frames.write(update);
        reject(problem);
        return true;
      }).catch(reject);
    });
  }

  /** Cancels a run without a client. If this call is lost the worker notices seconds later. */
  private abandon(runId: string, { principal }: Caller): void {
    this.rpc.call(runCalls.cancel, { runId }, { principal }).catch((error: unknown) => {
      this.runtime.logger('completions').debug({ err: error, run_id: runId }, 'failed to cancel an abandoned run');
    });
  }

  private async begin(
    { principal }: Caller,
    body: CompletionBody,
    key: string | undefined,
    reply: FastifyReply,
  ): Promise<Accepted> {
    const messages = await this.pictures.take(body.messages, principal);
    // Nobody wants the answer of a caller who has gone while the call waited for a replica.
    const gone = new AbortController();
    const onClose = () => gone.abort();
    if (reply.raw.destroyed) onClose();
    reply.raw.once('close', onClose);
    try {
      const { signal } = gone;
      const accepted = await this.rpc.call(completions.accept, completionOf(body, messages, key), {
        principal,
        signal,
      });
      reply.request.leaveTurn?.(200);
      return accepted;
    } finally {
      reply.raw.off('close', onClose);
    }
  }

  private async whole(runId: string, reply: FastifyReply): Promise<{ terminal: RunTerminal; text: string }> {
    let give: (error: Error) => void = () => undefined;
    let stop: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        give = reject;
        this.waiting.add(give);
        const leave = () => reject(new Problem(499, 'The caller disconnected.'));
        if (reply.raw.destroyed) leave();
        reply.raw.once('close', leave);
        this.subscriber
          .follow(runId, undefined, (update) => {
            if (update.kind === 'end') resolve(update);
          })
          .then((following) => {
            stop = following;
            if (!this.waiting.has(give)) stop();
          }, reject);
      });
    } finally {
      this.waiting.delete(give);
      stop?.();
    }
  }

  private async drain(remainingMs: number): Promise<void> {
    const deadlineAt = performance.now() + remainingMs;
    while (this.waiting.size > 0 && performance.now() < deadlineAt)
      await new Promise((resolve) => setTimeout(resolve, 50));
    for (const give of [...this.waiting]) give(problemOfFailure(GOING_DOWN));
  }
}

function completionObject(
  runId: string,
  model: string,
  encoding: Accepted['encoding'],
  { finishReason, usage, systemFingerprint }: RunTerminal,
  text: string,
) {
  const choices =
    encoding === 'chunks'
      ? mergeChunks(text)
      : [
          {
            index: 0,
            message: { role: 'assistant', content: splitThoughts(text).answer },
            finish_reason: finishReason ?? 'stop',
            logprobs: null,
          },
        ];
  return {
    id: `chatcmpl-${runId}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1_000),
    model,
    choices,
    ...(usage === undefined ? {} : { usage }),
    ...(systemFingerprint === undefined ? {} : { system_fingerprint: systemFingerprint }),
  };
}
