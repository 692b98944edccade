import type { FollowedRun, OnRunUpdate, RunUpdate, UserEvent } from '@perennial/transport';
import type { Relay } from './event-relay';
import { type Packet, packetsOf, type RunPackets, toPacket } from './packets';
import { ThoughtWatch } from './thought-watch';

interface RelayedRun {
  run: FollowedRun;
  packets: RunPackets;
  thoughts: ThoughtWatch;
  /** A socket has come while this gateway may have been cut off: its next update has the whole text. */
  isOwed: boolean;
}

/** Turns the updates of one user's runs into packets for the sockets that the user has here, with the text of all answers. */
export class UserRelay implements Relay {
  private readonly runs = new Map<string, RelayedRun>();

  constructor(private readonly send: (packet: Packet) => void) {}

  readonly onUpdate: OnRunUpdate = (update, run) => {
    const { runId } = run.identity;
    const known = this.runs.get(runId);
    const packets = known?.packets ?? packetsOf(run);
    if (packets === undefined) return;
    switch (update.kind) {
      case 'delta':
        return this.delta(update, run, packets, known);
      case 'reset':
        // The end follows at once with the whole text. A socket that reconnected may have seen it: nothing may start after an end.
        if (known === undefined && run.terminal?.state === 'completed') return;
        this.runs.set(runId, { run, packets, thoughts: new ThoughtWatch(update.text), isOwed: false });
        // A run that has just begun replaces nothing.
        if (known === undefined && update.text === '' && update.epoch === 1) this.send(packets.role());
        else this.send(packets.cumulative(update.generation, update.text));
        return;
      case 'end':
        this.runs.delete(runId);
        for (const packet of packets.end(update.terminal, update.text)) this.send(packet);
        if (!this.isActive(packets.chatId)) this.send(packets.active(false));
        return;
    }
  };

  readonly onEvent = (event: UserEvent): void => this.send(toPacket(event));

  /** The text so far of each run, for a socket that has just come: the next deltas continue it. */
  *present(): Iterable<Packet> {
    for (const relayed of this.runs.values()) {
      const { run, packets } = relayed;
      if (run.isCurrent) yield packets.cumulative(run.position.generation, run.text);
      else relayed.isOwed = true;
    }
  }

  /** The text so far of a run, as one event; undefined when it has ended or has no chat. */
  static snapshot(run: FollowedRun): Packet | undefined {
    if (run.terminal !== undefined) return undefined;
    return packetsOf(run)?.cumulative(run.position.generation, run.text);
  }

  /**
   * Text of the answer is sent as deltas. Thoughts have no event of their own: the whole output is sent when one begins and when it ends.
   */
  private delta(
    { epoch, generation, offset, text }: Extract<RunUpdate, { kind: 'delta' }>,
    run: FollowedRun,
    packets: RunPackets,
    known: RelayedRun | undefined,
  ): void {
    const { thoughts } = known ?? { thoughts: new ThoughtWatch(offset === 0 ? '' : run.text.slice(0, offset)) };
    if (known === undefined) this.runs.set(run.identity.runId, { run, packets, thoughts, isOwed: false });
    const kind = thoughts.next(text);
    if (known?.isOwed) {
      known.isOwed = false;
      return this.send(packets.cumulative(generation, run.text.slice(0, offset + text.length)));
    }
    if (known === undefined && offset === 0) {
      // After a take-over clients may show text of the previous owner that this process has never seen: it is replaced.
      if (epoch > 1) return this.send(packets.cumulative(generation, text));
      this.send(packets.role());
    }
    if (kind === 'answer') this.send(packets.delta(generation, offset, text, thoughts.hasThoughts ? 1 : 0));
    else if (kind === 'both') this.send(packets.cumulative(generation, run.text.slice(0, offset + text.length)));
  }

  private isActive(chatId: string): boolean {
    for (const { packets } of this.runs.values()) if (packets.chatId === chatId) return true;
    return false;
  }
}
