import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import type { Account } from '@perennial/e2e/support/accounts';
import type { Random } from '@perennial/e2e/support/random';
import type { Moments } from '../nemeses/moments';
import type { Recorder } from '../record/recorder';
import { LibraryUser } from './library-user';
import type { WritingModel } from './models';
import { SdkUser } from './sdk-user';
import { markOf, TurnDriver } from './turns';

/** How often a person does what, relative to each other. */
const HABITS = { chat: 10, reload: 4, stop: 3, edit: 3, search: 3, sdk: 4, document: 2, look: 4 };
type Habit = keyof typeof HABITS;

const LISTS = [routes.auths.session, routes.chats.list, routes.knowledge.list, routes.models.list];
const PAUSE_MS = { least: 50, most: 600 };
/** Text of a document around its one interesting sentence. */
const FILLER = 'The rest of this page is about something else entirely. '.repeat(20);

/** A chat that somebody comes back to. */
export interface KnownChat {
  chatId: string;
  acknowledgedAt: number;
  /** The word that finds it. */
  word: string;
}

export interface PersonOptions {
  baseUrl: string;
  account: Account;
  models: readonly WritingModel[];
  moments: Moments;
  recorder: Recorder;
  random: Random;
}

/** Somebody who works with the installation all day. What they do next is decided by their seed. */
export class Person {
  private readonly turns: TurnDriver;
  private readonly sdk: SdkUser;
  private readonly library: LibraryUser;
  private chats: KnownChat[] = [];
  private over = false;

  constructor(private readonly options: PersonOptions) {
    const { baseUrl, account, moments, recorder } = options;
    this.turns = new TurnDriver(baseUrl, account, moments, recorder);
    this.sdk = new SdkUser(baseUrl, account, recorder);
    this.library = new LibraryUser(baseUrl, account, recorder);
  }

  connected(): Promise<void> {
    return this.turns.connected();
  }

  /** Works until `stop`, and finishes what was begun. */
  async work(): Promise<void> {
    const { random, recorder, account } = this.options;
    while (!this.over) {
      const habit = this.next();
      const from = Date.now();
      try {
        await this.follow(habit);
      } catch (error) {
        recorder.complain(account.name, from, `${habit}: ${error instanceof Error ? error.message : String(error)}`);
      }
      await sleep(random.between(PAUSE_MS.least, PAUSE_MS.most));
    }
  }

  stop(): void {
    this.over = true;
  }

  close(): void {
    this.turns.close();
  }

  private next(): Habit {
    const { random } = this.options;
    const entries = Object.entries(HABITS) as [Habit, number][];
    let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    return entries.find(([, weight]) => (left -= weight) < 0)?.[0] ?? 'chat';
  }

  private async follow(habit: Habit): Promise<void> {
    const { random } = this.options;
    const model = random.pick(this.options.models);
    const earlier = this.chats.length > 0 ? random.pick(this.chats) : undefined;
    switch (habit) {
      case 'chat':
        return this.chat({ model });
      case 'reload':
        return this.chat({ model, reloadAt: random.between(0.1, 0.8) });
      case 'stop':
        return this.chat({ model, stopAt: random.between(0.05, 0.9) });
      case 'edit':
        if (earlier && !(await this.library.hasChat(earlier))) return this.forget(earlier);
        return this.chat({ model, ...(earlier ? { branchOf: earlier.chatId } : {}) });
      case 'search':
        if (earlier && !(await this.library.find(earlier))) this.forget(earlier);
        return;
      case 'sdk':
        return this.sdk.ask(model);
      case 'document':
        return this.askDocument(model);
      case 'look':
        return this.library.look(random.pick(LISTS).path);
      default:
        throw new Error(`no such habit: ${String(habit satisfies never)}`);
    }
  }

  private async chat(choices: Parameters<TurnDriver['play']>[0]): Promise<void> {
    const { accepted, turn } = await this.turns.play(choices);
    if (!accepted || choices.branchOf !== undefined) return;
    const { chatId, at } = accepted;
    this.chats.push({ chatId, word: markOf(turn, this.options.account), acknowledgedAt: at });
    this.chats = this.chats.slice(-10);
  }

  private forget(chat: KnownChat): void {
    this.chats = this.chats.filter((each) => each !== chat);
  }

  private async askDocument(model: WritingModel): Promise<void> {
    const { account, recorder } = this.options;
    const fact = `The number of ${account.name} in document ${recorder.begun} is ${Date.now() % 1_000_000}.`;
    const file = await this.library.addDocument(`note-${recorder.begun}.txt`, `${FILLER}\n\n${fact}\n\n${FILLER}`);
    if (file) await this.turns.play({ model, file });
  }
}
