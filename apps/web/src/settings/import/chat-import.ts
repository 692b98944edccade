import { ApiError } from '@perennial/web-client';
import { Store } from '../../state/store';
import { chatIn, type ForeignChat, timeOf } from './foreign-chat';

/** More is not read at once: the page would stand still for long. */
export const MAX_BYTES = 200_000_000;

/** An entry of a file that is no chat, or that the server refused. */
export interface Fault {
  file: string;
  /** From 1, as it stands in the file. */
  entry: number;
  title?: string;
  /** Undefined: it has no messages. */
  reason?: string;
}

export interface ImportState {
  total: number;
  /** Entries that have been looked at. */
  done: number;
  faults: readonly Fault[];
  /** Parts of messages that did not come along. */
  leftOut: number;
  /** Why it waits; the rest can be tried again. */
  stopped?: string;
}

/** An entry of an export, and where it stands. */
export interface Entry {
  file: string;
  /** From 1. */
  entry: number;
  value: unknown;
}

/** The entries of an export: a list of chats, or one. @throws SyntaxError when it is no JSON */
export function entriesIn(file: string, text: string): Entry[] {
  const value: unknown = JSON.parse(text);
  return (Array.isArray(value) ? value : [value]).map((value: unknown, at) => ({ file, entry: at + 1, value }));
}

/** Brings chats in, one after the other, the oldest first. It stops at what is no fault of an entry, and goes on from there. */
export class ChatImport {
  readonly state: Store<ImportState>;
  private readonly id = crypto.randomUUID();
  private entries: readonly Entry[];
  private isRunning = false;
  /** One that was stopped ends when its last entry has been sent; until then it can be gone on with. */
  private running: Promise<void> | undefined;

  /** @param send stores a chat; with the same key it is the same one, however often it is sent */
  constructor(
    entries: readonly Entry[],
    private readonly send: (blob: ForeignChat['blob'], key: string) => Promise<unknown>,
  ) {
    // The server lists what came last first.
    const times = new Map(entries.map((entry) => [entry, timeOf(entry.value)]));
    this.entries = [...entries].sort((one, other) => times.get(one)! - times.get(other)!);
    this.state = new Store<ImportState>({ total: entries.length, done: 0, faults: [], leftOut: 0 });
  }

  async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    this.change({ stopped: undefined });
    this.running ??= this.sendAll().finally(() => (this.running = undefined));
    await this.running;
  }

  private async sendAll(): Promise<void> {
    for (let at = this.state.get().done; this.isRunning && at < this.entries.length; at++) {
      const { file, entry, value } = this.entries[at]!;
      const { faults, leftOut } = this.state.get();
      let chat: ForeignChat | undefined;
      try {
        chat = chatIn(value);
        if (chat) await this.send(chat.blob, `${this.id} ${at}`);
        this.change({
          done: at + 1,
          leftOut: leftOut + (chat?.leftOut ?? 0),
          faults: chat ? faults : [...faults, { file, entry }],
        });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!isRefused(error)) {
          this.change({ stopped: reason });
          break;
        }
        const title = chat?.blob['title'];
        const fault = { file, entry, title: typeof title === 'string' ? title : undefined, reason };
        this.change({ done: at + 1, faults: [...faults, fault] });
      }
    }
    this.isRunning = false;
    // They may be hundreds of megabytes; what came of them stays.
    const { done, total } = this.state.get();
    if (done === total) this.entries = [];
  }

  /** The entry that is being sent is the last one. */
  stop(reason: string): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.change({ stopped: reason });
  }

  private change(change: Partial<ImportState>): void {
    this.state.set({ ...this.state.get(), ...change });
  }
}

/** The server will not take this entry, however often it is asked; or it cannot be sent. What has no room has it later. */
function isRefused(error: unknown): boolean {
  // So deep that it cannot be written as JSON, or too long.
  if (error instanceof RangeError) return true;
  return error instanceof ApiError && [400, 413, 422].includes(error.status) && error.code !== 'storage_full';
}
