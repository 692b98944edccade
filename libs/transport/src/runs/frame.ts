import { isCount, isFrameItem } from './shapes';
import type { RunIdentity, RunPosition, RunTerminal, UserEvent } from './types';

/**
 * The live path's wire: one JSON array per gateway and tick, `[workerTag, item, item, ...]`. A piece of text is three items without a
 * wrapper, `alias, offset, "text"`, because thousands are sent a second; rare items are objects with `k`. JSON, because its parser is native
 * and preserves every string.
 */

/** From here on the worker calls this text (one run, epoch and generation) by a number. Sent before its first piece. */
export interface OpenItem {
  k: 'o';
  /** Alias, unique per worker. */
  a: number;
  /** Epoch, generation. */
  e: number;
  n: number;
  /** Base: the offset at which this epoch began in this generation. A reader beyond it is reset. */
  b: number;
  /** Text from this offset to the worker's position, which may not be durable yet. */
  o: number;
  t: string;
  i: RunIdentity;
  /** 1: no reader has ever seen text of this run. */
  f?: 1;
}

/** The end of an opened text. Follows its last piece. */
export interface EndItem {
  k: 'e';
  a: number;
  t: RunTerminal;
}

/** The end of a run without a worker. */
export interface FinishItem {
  k: 'f';
  i: RunIdentity;
  p: RunPosition;
  t: RunTerminal;
}

/** A small event for the sockets of one user. */
export interface UserItem {
  k: 'u';
  u: string;
  v: UserEvent;
}

export type FrameItem = OpenItem | EndItem | FinishItem | UserItem;

/** `,alias,offset,"text"`. An empty text is a heartbeat that also states the offset. */
export function encodePiece(alias: number, offset: number, text: string): string {
  return `,${alias},${offset},${JSON.stringify(text)}`;
}

export function encodeItem(item: FrameItem): string {
  return `,${JSON.stringify(item)}`;
}

export function encodeFrame(worker: string, items: string): string {
  return `["${worker}"${items}]`;
}

export interface FrameVisitor {
  piece(worker: string, alias: number, offset: number, text: string): void;
  item(worker: string, item: FrameItem): void;
}

/** Calls the visitor for each item in order. Throws at the first malformed one, after visiting those before it. */
export function decodeFrame(message: string, visitor: FrameVisitor): void {
  const frame: unknown = JSON.parse(message);
  if (!Array.isArray(frame) || typeof frame[0] !== 'string') throw new Error('not a frame');
  const worker = frame[0];
  let index = 1;
  while (index < frame.length) {
    const head: unknown = frame[index];
    if (typeof head === 'number') {
      const offset: unknown = frame[index + 1];
      const text: unknown = frame[index + 2];
      if (!isCount(head) || !isCount(offset) || typeof text !== 'string') throw new Error('not a piece of text');
      visitor.piece(worker, head, offset, text);
      index += 3;
    } else {
      if (!isFrameItem(head)) throw new Error('not an item');
      visitor.item(worker, head);
      index += 1;
    }
  }
}

/** Messages from gateways to workers, on the interest channel. */
export interface SubscriptionMessage {
  /** The gateway's tag. */
  g: string;
  /** New subscriptions: a worker that writes such a run opens it there at once. */
  k?: string[];
  /** All subscriptions, sent each second while a full Redis refuses to register them. Older workers ignore it. */
  h?: string[];
  /** Aliases of one worker that it does not know (the open item was lost). */
  w?: string;
  a?: number[];
}
