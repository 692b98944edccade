import type { FollowedRun, OnRunUpdate, RunUpdate, UserEvent } from '@perennial/transport';
import { type Packet, packetsOf, type RunPackets, toPacket } from './packets';
import { ThoughtWatch } from './thought-watch';

interface RelayedRun {
  packets: RunPackets;
  thoughts: ThoughtWatch;
}

/** Turns the updates of one user's runs into packets for the sockets that the user has here. */
export class UserRelay {
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
        // The end follows at once and has the whole text. A socket that came back may have seen it: nothing is begun anew after an end.
        if (known === undefined && endHasText(run)) return;
        this.runs.set(runId, { packets, thoughts: new ThoughtWatch(update.text) });
        // A run that has just begun has nothing to replace.
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

  /** The text so far of a run, as one event; undefined when it is over or has no chat. */
  static snapshot(run: FollowedRun): Packet | undefined {
    if (run.terminal !== undefined) return undefined;
    return packetsOf(run)?.cumulative(run.position.generation, run.text);
  }

  /**
   * Text of the answer goes out as it comes. Thoughts have no event of their own: the whole output is sent once where one begins and
   * once where it ends.
   */
  private delta(
    { epoch, generation, offset, text }: Extract<RunUpdate, { kind: 'delta' }>,
    run: FollowedRun,
    packets: RunPackets,
    known: RelayedRun | undefined,
  ): void {
    const { thoughts } = known ?? { thoughts: new ThoughtWatch(offset === 0 ? '' : run.text.slice(0, offset)) };
    if (known === undefined) this.runs.set(run.identity.runId, { packets, thoughts });
    const kind = thoughts.next(text);
    if (known === undefined && offset === 0) {
      // After a take-over somebody may already show text of the owner before, which this process has never seen: it is replaced.
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

/** Whether the run is over, by an end that carries its text: a failure has a message instead. */
function endHasText({ terminal }: FollowedRun): boolean {
  return terminal !== undefined && terminal.state !== 'failed';
}
