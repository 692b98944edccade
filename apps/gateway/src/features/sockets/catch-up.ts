import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { runs as runCalls } from '@perennial/contracts-chat';
import { type CallReply, defineNotice, type Principal } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { type FollowedRun, Notices, Rpc, type RunStreamSubscriber } from '@perennial/transport';
import { z } from 'zod';
import { RUN_STREAM_SUBSCRIBER } from '../runs/run-stream-subscriber';
import type { Packet } from './packets';
import { SocketUsers } from './socket-users';
import { UserRelay } from './user-relay';

/**
 * Sent by the gateway that was asked for the running answers of a chat; gateways with sockets of the user then send the text so far, because
 * the wire has no cursor for sockets.
 */
const CATCH_UP = defineNotice('gateway.catch-up', z.object({ userId: z.uuid(), runIds: z.array(z.uuid()).max(100) }));

/** Brings sockets up to date with answers that are being written: one cumulative event each. */
@Injectable()
export class CatchUp implements OnModuleInit {
  constructor(
    private readonly runtime: Runtime,
    private readonly rpc: Rpc,
    private readonly notices: Notices,
    @Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber,
    private readonly users: SocketUsers,
  ) {}

  onModuleInit(): void {
    void this.notices.subscribe(CATCH_UP, async ({ userId, runIds }) => {
      if (this.users.takesText(userId)) await this.sendTo(userId, runIds);
    });
  }

  /** The runs of a chat that are not over; rejects with NOT_FOUND when it is not the principal's. */
  async activeRuns(chatId: string, principal: Principal): Promise<CallReply<typeof runCalls.active>['runs']> {
    const { runs } = await this.rpc.call(runCalls.active, { chatId }, { principal });
    return runs;
  }

  /** To every socket of the user that gets the text of all answers, on all gateways. */
  toUser(userId: string, runIds: readonly string[]): void {
    if (runIds.length === 0) return;
    if (this.users.takesText(userId)) void this.sendTo(userId, runIds);
    else void this.notices.publish(CATCH_UP, { userId, runIds: [...runIds] });
  }

  /** Never rejects: a missing text arrives with the next update of its run. */
  async send(
    runIds: readonly string[],
    send: (packet: Packet) => void,
    isAllowed: (run: FollowedRun) => boolean = () => true,
  ): Promise<void> {
    for (const runId of runIds) {
      try {
        const run = await this.subscriber.snapshot(runId);
        const packet = run && isAllowed(run) ? UserRelay.snapshot(run) : undefined;
        if (packet !== undefined) send(packet);
      } catch (error) {
        this.runtime.logger('sockets').warn({ err: error, run_id: runId }, 'failed to send the text so far');
      }
    }
  }

  /** A notice may be forged: a run is only sent to its own user. */
  private sendTo(userId: string, runIds: readonly string[]): Promise<void> {
    return this.send(
      runIds,
      (packet) => this.users.sendText(userId, packet),
      (run) => run.identity.userId === userId,
    );
  }
}
