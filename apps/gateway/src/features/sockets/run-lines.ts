import { type FollowRun, formatCursor, parseCursor } from '@perennial/contracts-gateway';
import { CallError } from '@perennial/contracts-kernel';
import type { RunStreamSubscriber, RunUpdate } from '@perennial/transport';
import { z } from 'zod';
import { isUuid } from '../../http/hidden';
import { endOf } from '../runs/run-events';
import { feed, type RunSink } from '../runs/run-feed';
import type { LiveSocket } from './live-socket';
import { endPacket, type Packet, textPacket } from './packets';

/** A page shows fewer answers at once. */
const MAX_LINES = 16;

const FollowSchema = z.object({
  line: z.int().min(0),
  run_id: z.string().refine(isUuid),
  cursor: z.string().max(50).optional(),
}) satisfies z.ZodType<FollowRun>;

/** One answer that a page reads over its socket. */
class RunLine implements RunSink {
  isOver = false;
  onDrained: (() => void) | undefined;
  private stop: (() => void) | undefined;

  constructor(private readonly live: LiveSocket) {}

  get isSlow(): boolean {
    return this.live.isSlow;
  }

  onClose(listener: () => void): void {
    if (this.isOver) listener();
    else this.stop = listener;
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stop?.();
  }
}

/** The answers that the page of one socket reads over it, each from its cursor. */
export class RunLines {
  private readonly lines = new Map<number, RunLine>();

  constructor(
    private readonly userId: string,
    private readonly live: LiveSocket,
    private readonly subscriber: RunStreamSubscriber,
  ) {
    live.onDrained = () => this.resume();
  }

  /**
   * @param reply whether the run can be read now, and whether it never can because the user has no such run; called once, before the text: a page must
   *   not wait for a long text to learn that it will come
   */
  async follow(message: unknown, reply: (accepted: boolean, isGone?: boolean) => void): Promise<void> {
    const parsed = FollowSchema.safeParse(message);
    if (!parsed.success || this.lines.size >= MAX_LINES || this.lines.has(parsed.data.line)) return reply(false);
    const { line: number, run_id: runId, cursor } = parsed.data;
    const line = new RunLine(this.live);
    let isAccepted = false;
    const accept = (): void => {
      if (!isAccepted) reply(true);
      isAccepted = true;
    };
    this.lines.set(number, line);
    try {
      const run = await this.subscriber.snapshot(runId);
      if (run?.identity.userId !== this.userId) throw new CallError('NOT_FOUND', 'There is no such run.');
      const from = cursor === undefined ? undefined : parseCursor(cursor);
      await feed(this.subscriber, runId, from, line, (update) => {
        accept();
        return this.write(number, update);
      });
      accept();
    } catch (error) {
      this.leave(number);
      if (!isAccepted) reply(false, error instanceof CallError && error.code === 'NOT_FOUND');
      if (!(error instanceof CallError)) throw error;
    }
  }

  leave(number: number): void {
    this.lines.get(number)?.close();
    this.lines.delete(number);
  }

  close(): void {
    for (const number of [...this.lines.keys()]) this.leave(number);
  }

  /** One after the other, until the socket is slow again; those that had their turn come last the next time. */
  private resume(): void {
    for (const [number, line] of [...this.lines]) {
      if (this.live.isSlow) return;
      this.lines.delete(number);
      this.lines.set(number, line);
      line.onDrained?.();
    }
  }

  private write(number: number, update: RunUpdate): boolean {
    if (update.kind !== 'end') return this.live.write(toPacket(number, update));
    this.leave(number);
    return this.live.write(endPacket(number, endOf(update.terminal)));
  }
}

function toPacket(number: number, update: Exclude<RunUpdate, { kind: 'end' }>): Packet {
  const { epoch, generation, text } = update;
  const offset = (update.kind === 'delta' ? update.offset : 0) + text.length;
  return textPacket(number, formatCursor({ epoch, generation, offset }), text);
}
