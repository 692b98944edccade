import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AbstractConnector, type Cluster, Command, type Redis, type RedisOptions } from 'ioredis';

type Connector = NonNullable<RedisOptions['Connector']>;

const DISCONNECT_TIMEOUT_MS = 500;
/** A failover is known to all nodes a moment after it. */
const ASK_AGAIN_MS = 100;
/** How long the table is refreshed before the known one is believed: a node that hangs may be asked first, and takes seconds. */
const REFRESH_MS = 500;

/** A connection and the slot that it follows. */
interface Follower {
  redis: Redis;
  slot: number;
  /** The node that it is connected to, `host:port`. */
  node: string | undefined;
}

/**
 * Which node of a Cluster owns a slot, by the table of the process's `Cluster` client; and connections that follow a slot: each time they
 * connect, it is to the present owner, and when the slot has moved they connect again. So a connection for the keys of one slot behaves like
 * one to a single Redis.
 */
export class SlotOwners {
  private readonly followers = new Set<Follower>();

  constructor(private readonly cluster: Cluster) {
    cluster.on('refresh', () => this.followMoved());
  }

  /** The options that make a connection follow the slot of a key; give the created connection to `adopt`. */
  follow(key: string, isTls: boolean): { Connector: Connector; adopt: (redis: Redis) => void } {
    const follower: Omit<Follower, 'redis'> & { redis?: Redis } = { slot: slotOf(key), node: undefined };
    const find = async (isWanted: () => boolean): Promise<string | undefined> => {
      follower.node = await this.findOwner(follower.slot, follower.node, isWanted);
      return follower.node;
    };
    return {
      Connector: connectorTo(find, isTls),
      adopt: (redis) => {
        const adopted = Object.assign(follower, { redis });
        this.followers.add(adopted);
        redis.once('end', () => this.followers.delete(adopted));
      },
    };
  }

  /** @param left the node whose connection was lost, if there was one: then the table is refreshed first */
  private async findOwner(
    slot: number,
    left: string | undefined,
    isWanted: () => boolean,
  ): Promise<string | undefined> {
    const known = this.ownerOf(slot);
    // Only for a first connection: what the table says after a loss may be what one node said that was cut off from the others.
    if (known !== undefined && left === undefined) return known;
    while (isWanted() && this.cluster.status !== 'end') {
      await this.refresh();
      const owner = this.ownerOf(slot);
      if (owner !== undefined) return owner;
      await sleep(ASK_AGAIN_MS);
    }
    return undefined;
  }

  /** Undefined while the client is not connected. */
  private ownerOf(slot: number): string | undefined {
    return this.cluster.status === 'ready' ? this.cluster.slots[slot]?.[0] : undefined;
  }

  private refresh(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REFRESH_MS);
      this.cluster.refreshSlotsCache(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** A slot can move while its old owner keeps the connection open, as a subscriber sees it, or hangs before it is ready. */
  private followMoved(): void {
    for (const { redis, slot, node } of this.followers) {
      const owner = this.cluster.slots[slot]?.[0];
      const isConnected = redis.status === 'ready' || redis.status === 'connect';
      if (isConnected && owner !== undefined && owner !== node) redis.disconnect(true);
    }
  }
}

/** The slot of a key, as ioredis computes it for a command. */
function slotOf(key: string): number {
  return new Command('get', [key]).getSlot();
}

/** ioredis makes one connector for each connection, and connects through it again and again. */
function connectorTo(find: (isWanted: () => boolean) => Promise<string | undefined>, isTls: boolean): Connector {
  return class extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    async connect(): Promise<Socket | TLSSocket> {
      this.connecting = true;
      const node = await find(() => this.connecting);
      if (node === undefined || !this.connecting) throw new Error('Connection is closed.');
      const at = node.lastIndexOf(':');
      const where = { host: node.slice(0, at), port: Number(node.slice(at + 1)) };
      const socket = isTls ? connectTls(where) : createConnection(where);
      this.stream = socket;
      socket.once('error', (error) => (this.firstError = error));
      return socket;
    }
  };
}
