import type { FollowedRun, OnRunUpdate, UserEvent } from '@perennial/transport';
import { packetOf, packetsOf, type Packet, type RunPackets } from './packets';

/** Turns the updates of one user's runs into packets for the sockets that the user has here. */
export class UserRelay {
  private readonly runs = new Map<string, RunPackets>();

  constructor(private readonly send: (packet: Packet) => void) {}

  readonly onUpdate: OnRunUpdate = (update, run) => {
    const { runId } = run.identity;
    const known = this.runs.get(runId);
    const packets = known ?? packetsOf(run);
    if (packets === undefined) return;
    if (known === undefined) this.runs.set(runId, packets);
    switch (update.kind) {
      case 'delta':
        if (known === undefined && update.offset === 0) {
          // After a take-over somebody may already show text of the owner before, which this process has never seen: it is replaced.
          if (update.epoch > 1) return this.send(packets.cumulative(update.generation, update.text));
          this.send(packets.role());
        }
        this.send(packets.delta(update.generation, update.offset, update.text));
        return;
      case 'reset':
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

  readonly onEvent = (event: UserEvent): void => this.send(packetOf(event));

  /** The text so far of a run, as one event; undefined when it is over or has no chat. */
  static snapshot(run: FollowedRun): Packet | undefined {
    if (run.terminal !== undefined) return undefined;
    return packetsOf(run)?.cumulative(run.position.generation, run.text);
  }

  private isActive(chatId: string): boolean {
    for (const packets of this.runs.values()) if (packets.chatId === chatId) return true;
    return false;
  }
}
