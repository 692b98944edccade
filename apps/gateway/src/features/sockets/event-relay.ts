import type { OnRunUpdate, UserEvent } from '@perennial/transport';
import { type Packet, packetsOf, toPacket } from './packets';

/** What the sockets of one user get, of one kind. */
export interface Relay {
  readonly onUpdate: OnRunUpdate;
  readonly onEvent: (event: UserEvent) => void;
  /** For a socket that has just come. */
  present(): Iterable<Packet>;
}

/** Events about chats without the text of answers, for the sockets of pages that ask for the answers that they show. */
export class EventRelay implements Relay {
  /** The chat of each run that is not over. */
  private readonly chats = new Map<string, string>();

  constructor(private readonly send: (packet: Packet) => void) {}

  readonly onUpdate: OnRunUpdate = (update, run) => {
    const { runId, chatId } = run.identity;
    if (chatId === undefined) return;
    if (update.kind !== 'end') {
      this.chats.set(runId, chatId);
      return;
    }
    this.chats.delete(runId);
    if ([...this.chats.values()].includes(chatId)) return;
    const over = packetsOf(run)?.active(false);
    if (over) this.send(over);
  };

  readonly onEvent = (event: UserEvent): void => this.send(toPacket(event));

  present(): Iterable<Packet> {
    return [];
  }
}
