import { Inject, Injectable } from '@nestjs/common';
import type { RunStreamSubscriber } from '@perennial/transport';
import { RUN_STREAM_SUBSCRIBER } from '../runs/run-stream-subscriber';
import { EventRelay, type Relay } from './event-relay';
import type { LiveSocket } from './live-socket';
import type { Packet } from './packets';
import { UserRelay } from './user-relay';

/** Sockets of one user that get the same. */
interface Room {
  sockets: Set<LiveSocket>;
  relay: Relay;
  stop: () => void;
}

/** The sockets of one user, by whether they get the text of all answers. */
type Rooms = Map<boolean, Room>;

/** Users with sockets here. Each user's runs are followed once for all tabs. */
@Injectable()
export class SocketUsers {
  private readonly users = new Map<string, Rooms>();

  constructor(@Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber) {}

  /** Users with at least one socket. */
  get count(): number {
    return this.users.size;
  }

  /** Whether the user has a socket here that gets the text of all answers. */
  takesText(userId: string): boolean {
    return this.users.get(userId)?.has(true) === true;
  }

  /** How many sockets the user has here. */
  countOf(userId: string): number {
    let count = 0;
    for (const { sockets } of this.users.get(userId)?.values() ?? []) count += sockets.size;
    return count;
  }

  /** @returns the function that takes the socket out again */
  add(userId: string, socket: LiveSocket): () => void {
    const rooms = this.users.get(userId) ?? new Map<boolean, Room>();
    this.users.set(userId, rooms);
    const known = rooms.get(socket.takesText);
    const room = known ?? this.open(userId, socket);
    if (known === undefined) {
      rooms.set(socket.takesText, room);
    } else {
      // It may show text of another gateway that is more, or less, than has been sent here.
      for (const packet of room.relay.present()) socket.send(packet);
      room.sockets.add(socket);
    }
    return () => {
      if (!room.sockets.delete(socket) || room.sockets.size > 0) return;
      rooms.delete(socket.takesText);
      if (rooms.size === 0) this.users.delete(userId);
      room.stop();
    };
  }

  /** Text of an answer, to the sockets that get all. */
  sendText(userId: string, packet: Packet): void {
    for (const socket of this.users.get(userId)?.get(true)?.sockets ?? []) socket.send(packet);
  }

  private open(userId: string, socket: LiveSocket): Room {
    const sockets = new Set([socket]);
    const send = (packet: Packet): void => {
      for (const each of sockets) each.send(packet);
    };
    const relay = socket.takesText ? new UserRelay(send) : new EventRelay(send);
    return { sockets, relay, stop: this.subscriber.followUser(userId, relay.onUpdate, relay.onEvent) };
  }
}
