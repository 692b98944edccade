import { Inject, Injectable } from '@nestjs/common';
import type { RunStreamSubscriber } from '@perennial/transport';
import { RUN_STREAM_SUBSCRIBER } from '../runs/run-stream-subscriber';
import type { LiveSocket } from './live-socket';
import type { Packet } from './packets';
import { UserRelay } from './user-relay';

interface Presence {
  sockets: Set<LiveSocket>;
  relay: UserRelay;
  stop: () => void;
}

/** Users with sockets here. Each user's runs are followed once for all tabs. */
@Injectable()
export class SocketUsers {
  private readonly users = new Map<string, Presence>();

  constructor(@Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber) {}

  /** Users with at least one socket. */
  get count(): number {
    return this.users.size;
  }

  has(userId: string): boolean {
    return this.users.has(userId);
  }

  /** How many sockets the user has here. */
  countOf(userId: string): number {
    return this.users.get(userId)?.sockets.size ?? 0;
  }

  /** @returns the function that takes the socket out again */
  add(userId: string, socket: LiveSocket): () => void {
    let presence = this.users.get(userId);
    if (presence === undefined) {
      const sockets = new Set<LiveSocket>();
      const relay = new UserRelay((packet) => {
        for (const each of sockets) each.send(packet);
      });
      presence = { sockets: sockets.add(socket), relay, stop: () => undefined };
      this.users.set(userId, presence);
      presence.stop = this.subscriber.followUser(userId, relay.onUpdate, relay.onEvent);
    } else {
      // It may show text of another gateway that is more, or less, than has been sent here.
      for (const packet of presence.relay.present()) socket.send(packet);
      presence.sockets.add(socket);
    }
    return () => this.remove(userId, presence, socket);
  }

  send(userId: string, packet: Packet): void {
    for (const socket of this.users.get(userId)?.sockets ?? []) socket.send(packet);
  }

  private remove(userId: string, presence: Presence, socket: LiveSocket): void {
    if (!presence.sockets.delete(socket) || presence.sockets.size > 0) return;
    this.users.delete(userId);
    presence.stop();
  }
}
