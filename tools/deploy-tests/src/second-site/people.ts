import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import type { FileReply } from '@perennial/contracts-wire';
import type { Account } from '@perennial/e2e/support/accounts';
import { http } from '@perennial/e2e/support/http';

/** Something that a site has acknowledged. */
export interface Acknowledged {
  account: Account;
  id: string;
  /** Epoch milliseconds of the acknowledgement. */
  at: number;
}

export interface AcknowledgedFile extends Acknowledged {
  text: string;
}

const PAUSE_MS = 50;

/** People who save chats and upload files, and remember what was acknowledged. */
export class People {
  readonly chats: Acknowledged[] = [];
  readonly files: AcknowledgedFile[] = [];
  private over = false;
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly baseUrl: string,
    private readonly accounts: readonly Account[],
  ) {}

  begin(): void {
    this.done = Promise.all(this.accounts.map((account, n) => this.work(account, n)));
  }

  /** The site is gone: requests under way fail, and are not acknowledged. */
  async end(): Promise<void> {
    this.over = true;
    await this.done;
  }

  private async work(account: Account, person: number): Promise<void> {
    for (let round = 0; !this.over; round += 1) {
      await this.chat(account, `Round ${round}`).catch(() => undefined);
      await this.file(account, `The access word of person ${person} in round ${round} is p${person}r${round}.`).catch(
        () => undefined,
      );
      await sleep(PAUSE_MS);
    }
  }

  private async chat(account: Account, title: string): Promise<void> {
    const body = { chat: { title, models: [], history: { messages: {}, currentId: null } } };
    const { token } = account;
    const reply = await http<{ id: string }>('POST', this.baseUrl + routes.chats.create.path, { token, body });
    if (reply.status === 200) this.chats.push({ account, id: reply.body.id, at: Date.now() });
  }

  private async file(account: Account, text: string): Promise<void> {
    const form = new FormData();
    form.append('file', new Blob([text]), 'word.txt');
    const headers = { authorization: `Bearer ${account.token}` };
    const reply = await fetch(this.baseUrl + routes.files.upload.path, { method: 'POST', headers, body: form });
    if (reply.status !== 200) return;
    const { id } = (await reply.json()) as FileReply;
    this.files.push({ account, id, text, at: Date.now() });
  }
}

/** What a site does not have of what another one has acknowledged. */
export interface Losses {
  chats: Acknowledged[];
  /** Without a row: nothing is known of them. */
  files: AcknowledgedFile[];
  /** With a row, and without their bytes. */
  contents: AcknowledgedFile[];
  /** Bytes that are not those that were sent. */
  wrong: string[];
}

export async function compare(baseUrl: string, { chats, files }: People): Promise<Losses> {
  const lost: Losses = { chats: [], files: [], contents: [], wrong: [] };
  const get = ({ account }: Acknowledged, path: string) =>
    fetch(baseUrl + path, { headers: { authorization: `Bearer ${account.token}` } });
  for (const chat of chats) {
    const { status } = await get(chat, `/api/v1/chats/${chat.id}`);
    if (status === 200) continue;
    lost.chats.push(chat);
    // What clients of the wire expect for a chat that is not there.
    if (status !== 401) lost.wrong.push(`chat ${chat.id}: ${status}`);
  }
  for (const file of files) {
    const row = await get(file, `/api/v1/files/${file.id}`);
    if (row.status !== 200) {
      lost.files.push(file);
      if (row.status !== 404) lost.wrong.push(`file ${file.id}: ${row.status}`);
      continue;
    }
    const content = await get(file, `/api/v1/files/${file.id}/content`);
    const text = await content.text();
    if (content.status === 404) lost.contents.push(file);
    else if (content.status !== 200 || text !== file.text)
      lost.wrong.push(`file ${file.id}: ${content.status} ${text}`);
  }
  return lost;
}
