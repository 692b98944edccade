import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import type { FileProgress, FileReply } from '@perennial/contracts-wire';
import type { Account } from '@perennial/e2e/support/accounts';
import { type HttpReply, httpUntilAnswered } from '@perennial/e2e/support/http';
import type { Complaint } from '../record/history';
import type { Recorder } from '../record/recorder';
import type { KnownChat } from './person';

const PAUSE_MS = 200;
/** The page's contract hides some things that are gone, or another's, behind 401. */
const GONE = [401, 404];
const UPLOAD_LIMIT_MS = 60_000;
const READ_LIMIT_MS = 90_000;
const SEARCH_LIMIT_MS = 30_000;

/** A person who uploads documents, and looks for chats. */
export class LibraryUser {
  constructor(
    private readonly baseUrl: string,
    private readonly account: Account,
    private readonly recorder: Recorder,
  ) {}

  /** Uploads a text and waits until it can be asked about; undefined when it could not be, which is a complaint. */
  async addDocument(name: string, text: string): Promise<{ id: string; name: string } | undefined> {
    const from = Date.now();
    const file = await this.upload(name, text);
    if (!file) return undefined;
    const acknowledgedAt = Date.now();
    this.recorder.uploads.push(acknowledgedAt);
    let last: FileProgress | undefined;
    const deadline = Date.now() + READ_LIMIT_MS;
    while (Date.now() < deadline) {
      const path = routes.files.status.path.replace(':id', file.id);
      last = await this.ifThere<FileProgress>(path, { kind: 'document', acknowledgedAt });
      if (!last) return undefined;
      if (last.status === 'completed') return { id: file.id, name };
      if (last.status === 'failed') break;
      await sleep(PAUSE_MS);
    }
    this.recorder.complain(this.account.name, from, `a document is ${last?.status}: ${last?.error ?? 'no reason'}`, {
      document: true,
    });
    return undefined;
  }

  /** Searches until a chat is found by its word: the index follows a moment later. False: there is no such chat any more. */
  async find(chat: KnownChat): Promise<boolean> {
    const { word, chatId } = chat;
    const from = Date.now();
    while (Date.now() < from + SEARCH_LIMIT_MS) {
      const items = await this.get<{ id: string }[]>(`${routes.chats.search.path}?text=${word}`);
      if (items.some(({ id }) => id === chatId)) return true;
      await sleep(PAUSE_MS);
    }
    if (!(await this.hasChat(chat))) return false;
    this.recorder.complain(this.account.name, from, `no search for ${word} finds its chat`);
    return true;
  }

  /** Loads a chat; one that is gone is a complaint. */
  async hasChat({ chatId, acknowledgedAt }: KnownChat): Promise<boolean> {
    const path = routes.chats.get.path.replace(':id', chatId);
    return (await this.ifThere(path, { kind: 'chat', acknowledgedAt })) !== undefined;
  }

  /** One read of a list, as a page does it at any time. */
  async look(path: string): Promise<void> {
    await this.get(path);
  }

  private async upload(name: string, text: string): Promise<FileReply | undefined> {
    const url = this.baseUrl + routes.files.upload.path;
    const begun = Date.now();
    let why = '';
    while (Date.now() < begun + UPLOAD_LIMIT_MS) {
      const form = new FormData();
      form.append('file', new Blob([text], { type: 'text/plain' }), name);
      const from = Date.now();
      const again = why !== '';
      if (!again) this.recorder.requests += 1;
      const failed = (what: string, status?: number): void => {
        why = what;
        this.recorder.failed({
          ...{ from, to: Date.now(), what: `POST ${routes.files.upload.path}: ${what}`, upload: true, again },
          ...(status === undefined ? {} : { status }),
        });
      };
      try {
        const headers = { authorization: `Bearer ${this.account.token}` };
        const reply = await fetch(url, { method: 'POST', headers, body: form });
        const body = await reply.text();
        if (reply.status === 200) return JSON.parse(body) as FileReply;
        failed(`${reply.status} ${body}`, reply.status);
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error));
      }
      await sleep(PAUSE_MS);
    }
    this.recorder.complain(this.account.name, begun, `a document was not taken: ${why}`, { document: true });
    return undefined;
  }

  /** As `get`; what is not there any more is a complaint, and undefined. */
  private async ifThere<T>(path: string, what: NonNullable<Complaint['missing']>): Promise<T | undefined> {
    const from = Date.now();
    const reply = await this.request<T>(path);
    if (reply.status === 200) return reply.body;
    if (!GONE.includes(reply.status)) throw new Error(`GET ${path} was answered ${reply.status}`);
    this.recorder.complain(this.account.name, from, `a ${what.kind} that was taken is not there`, { missing: what });
    return undefined;
  }

  private async get<T>(path: string): Promise<T> {
    const reply = await this.request<T>(path);
    if (reply.status !== 200) throw new Error(`GET ${path} was answered ${reply.status}`);
    return reply.body;
  }

  private request<T>(path: string): Promise<HttpReply<T>> {
    this.recorder.requests += 1;
    const { token } = this.account;
    return httpUntilAnswered<T>('GET', this.baseUrl + path, { token }, this.recorder.failed);
  }
}
