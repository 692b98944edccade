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
    live.onDrained = () => {
      for (const line of [...this.lines.values()]) line.onDrained?.();
    };
  }

  /** @returns whether the run is the user's, and can be read now; its text may come before the reply */
  async follow(message: unknown): Promise<boolean> {
    const parsed = FollowSchema.safeParse(message);
    if (!parsed.success || this.lines.size >= MAX_LINES || this.lines.has(parsed.data.line)) return false;
    const { line: number, run_id: runId, cursor } = parsed.data;
    const line = new RunLine();
    this.lines.set(number, line);
    try {
      const run = await this.subscriber.snapshot(runId);
      if (run?.identity.userId !== this.userId) throw new CallError('NOT_FOUND', 'There is no such run.');
      const from = cursor === undefined ? undefined : parseCursor(cursor);
      await feed(this.subscriber, runId, from, line, (update) => this.write(number, update));
      return true;
    } catch (error) {
      this.leave(number);
      if (error instanceof CallError) return false;
      throw error;
    }
  }

  leave(number: number): void {
    this.lines.get(number)?.close();
    this.lines.delete(number);
  }

  close(): void {
    for (const number of [...this.lines.keys()]) this.leave(number);
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
