import type { Chat } from '@perennial/contracts-wire';
import { Store } from '../state/store';

/** What is done to chats whose messages are being deleted, until the server has done it. */
export interface Dropping {
  /** The chat as it will be. */
  from: (chat: Chat | undefined) => Chat | undefined;
  /**
   * Resolves when the server has answered: what is asked next must not follow a message that goes.
   *
   * @param leaving the page is left, or its account signs out: the requests must outlive that
   */
  finish: (leaving: boolean) => Promise<unknown>;
}

/** Nothing, until the first message is deleted: the rest comes then. */
export const DROPPING = new Store<Dropping>({ from: (chat) => chat, finish: () => Promise.resolve() });
