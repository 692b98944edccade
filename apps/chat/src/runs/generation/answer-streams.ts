import { Inject, Injectable } from '@nestjs/common';
import { StreamThread } from '@perennial/model-provider';
import { Runtime } from '@perennial/runtime';
import type { RunPublisher } from '@perennial/transport';
import { RUN_PUBLISHER } from '../run-publisher';

/** Reads the providers' streams in a thread of this process. */
@Injectable()
export class AnswerStreams extends StreamThread {
  constructor(@Inject(Runtime) runtime: Runtime, @Inject(RUN_PUBLISHER) publisher: RunPublisher) {
    const log = runtime.logger('streams');
    const lost = runtime.metrics.counter('stream_threads_lost_total', 'Stream threads that ended unexpectedly');
    super({
      script: new URL('stream-thread.js', import.meta.url),
      // The thread pauses now, so waiting would join nothing more.
      onTold: () => publisher.sendLive(),
      onLost: (reason, answers) => {
        lost.inc();
        log.error({ reason, answers }, 'stream thread lost');
      },
    });
    runtime.drain.add('close', 'end the stream thread', () => this.stop());
  }
}
