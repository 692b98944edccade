import { Inject, Injectable } from '@nestjs/common';
import { runs } from '@perennial/contracts-chat';
import type { CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { Rpc, type RunStreamSubscriber, type RunTerminal } from '@perennial/transport';
import type { EventStream } from '../../http/event-stream';
import { RUN_STREAM_SUBSCRIBER } from '../runs/run-stream-subscriber';

type Sources = CallReply<typeof runs.sources>['sources'];

/** The sources of SDKs' completions that lean on documents; pages get theirs by events. */
@Injectable()
export class AnswerSources {
  constructor(
    private readonly rpc: Rpc,
    private readonly runtime: Runtime,
    @Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber,
  ) {}

  /** What a completion's JSON says about its sources: nothing when it has none. */
  async field(runId: string, principal: UserPrincipal): Promise<{ sources?: Sources }> {
    const sources = await this.of(runId, principal);
    return sources.length === 0 ? {} : { sources };
  }

  /** Waits for the answer's first text, before which its sources are known, and sends them as the first frame. */
  async sendFirst(runId: string, principal: UserPrincipal, stream: EventStream): Promise<void> {
    const terminal = await this.firstText(runId, stream);
    // A failure without a word is still answered with its status.
    if (stream.isOver || (terminal !== undefined && terminal.state !== 'completed')) return;
    const sources = await this.of(runId, principal);
    if (sources.length > 0) stream.write(`data: ${JSON.stringify({ sources })}\n\n`);
  }

  /** An answer is worth more than the list of what it leans on: without the list it is still given. */
  private async of(runId: string, principal: UserPrincipal): Promise<Sources> {
    try {
      return (await this.rpc.call(runs.sources, { runId }, { principal })).sources;
    } catch (error) {
      this.runtime.logger('completions').warn({ err: error, run_id: runId }, 'an answer is given without its sources');
      return [];
    }
  }

  /** Resolves with the first text or the end, whichever comes first, or when the reader has gone. */
  private async firstText(runId: string, stream: EventStream): Promise<RunTerminal | undefined> {
    let stop: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        stream.onClose(() => resolve(undefined));
        this.subscriber
          .follow(runId, undefined, (update) => {
            if (update.kind === 'end') resolve(update.terminal);
            else if (update.text !== '') resolve(undefined);
          })
          .then((following) => (stop = following), reject);
      });
    } finally {
      stop?.();
    }
  }
}
