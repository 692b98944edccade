import { Inject, Injectable } from '@nestjs/common';
import { runs } from '@perennial/contracts-chat';
import type { CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { Rpc, type RunStreamSubscriber, type RunTerminal } from '@perennial/transport';
import type { EventStream } from '../../http/event-stream';
import { RUN_STREAM_SUBSCRIBER } from '../runs/run-stream-subscriber';

type Sources = CallReply<typeof runs.sources>['sources'];

/** The sources of SDKs' completions that use documents; pages get theirs by events. */
@Injectable()
export class AnswerSources {
  constructor(
    private readonly rpc: Rpc,
    private readonly runtime: Runtime,
    @Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber,
  ) {}

  /** The `sources` field of a completion's JSON; absent when there are none. */
  async field(runId: string, principal: UserPrincipal): Promise<{ sources?: Sources }> {
    const sources = await this.of(runId, principal);
    return sources.length === 0 ? {} : { sources };
  }

  /** Waits for the first text, before which the sources are stored, and sends them as the first frame. */
  async sendFirst(runId: string, principal: UserPrincipal, stream: EventStream): Promise<void> {
    const terminal = await this.firstText(runId, stream);
    // A failure without text is still answered with its status.
    if (stream.isOver || (terminal !== undefined && terminal.state !== 'completed')) return;
    const sources = await this.of(runId, principal);
    if (sources.length > 0) stream.write(`data: ${JSON.stringify({ sources })}\n\n`);
  }

  /** Sources are optional: if they are unavailable the answer is given without them. */
  private async of(runId: string, principal: UserPrincipal): Promise<Sources> {
    try {
      return (await this.rpc.call(runs.sources, { runId }, { principal })).sources;
    } catch (error) {
      this.runtime.logger('completions').warn({ err: error, run_id: runId }, 'answer sent without its sources');
      return [];
    }
  }

  /** Resolves with the first text or the end, or when the client disconnects. */
  private async firstText(runId: string, stream: EventStream): Promise<RunTerminal | undefined> {
    let stop: (() => void) | undefined;
    let isOver = false;
    try {
      return await new Promise((resolve, reject) => {
        stream.onClose(() => resolve(undefined));
        this.subscriber
          .follow(runId, undefined, (update) => {
            if (update.kind === 'end') resolve(update.terminal);
            else if (update.text !== '') resolve(undefined);
          })
          .then((following) => {
            stop = following;
            if (isOver) stop();
          }, reject);
      });
    } finally {
      isOver = true;
      stop?.();
    }
  }
}
