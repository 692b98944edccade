import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import type { FileReply } from '@perennial/contracts-wire';
import type { Account } from '@perennial/e2e/support/accounts';
import { http, pathOf } from '@perennial/e2e/support/http';
import { Crowd } from './crowd';

const PAUSE_MS = 100;
/** One in so many rounds uploads a file: each is ingested, which costs more than a request. */
const UPLOAD_EACH = 10;

/**
 * Users who read lists, models and settings, save settings and read them back, save and search chats, upload files and search in them. No
 * request is repeated: each that is not answered with 200 is a failed one.
 */
export class Visitors extends Crowd {
  /** The last file of each. */
  private readonly files = new Map<string, string>();

  protected async round({ id, token }: Account, round: number): Promise<void> {
    const get = (path: string) => this.ask('GET', path, token);
    const post = (path: string, body: unknown) => this.ask('POST', path, token, body);
    await get(routes.auths.session.path);
    await get(`${routes.chats.list.path}?page=1`);
    await get(routes.models.list.path);
    await get(routes.configs.get.path);
    await get(routes.knowledge.list.path);
    const saved = { ui: { round, visitor: id } };
    await post(routes.users.updateSettings.path, saved);
    const read = await get(routes.users.settings.path);
    if (read !== undefined && JSON.stringify(read) !== JSON.stringify(saved)) {
      this.fail(`the settings of round ${round}`, `were read as ${JSON.stringify(read)}`);
    }
    const title = `Visit ${round}`;
    await post(routes.chats.create.path, { chat: { title, models: [], history: { messages: {}, currentId: null } } });
    await get(`${routes.chats.search.path}?text=visit`);
    const uploaded = round % UPLOAD_EACH === 0 ? await this.upload(token, round) : undefined;
    if (uploaded !== undefined) this.files.set(id, uploaded);
    const file = this.files.get(id);
    if (file !== undefined) {
      await get(`/api/v1/files/${file}/process/status`);
      await post(routes.retrieval.queryDoc.path, { collection_name: `file-${file}`, query: 'access word', k: 3 });
    }
    await sleep(PAUSE_MS);
  }

  private async upload(token: string, round: number): Promise<string | undefined> {
    const form = new FormData();
    form.append('file', new Blob([`The access word of round ${round} is ${round}.`]), `round-${round}.txt`);
    const answer = await this.counted('POST', routes.files.upload.path, async (url) => {
      const reply = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form });
      return { status: reply.status, body: (await reply.json()) as FileReply };
    });
    return answer?.id;
  }

  private ask(method: 'GET' | 'POST', path: string, token: string, body?: unknown): Promise<unknown> {
    return this.counted(method, path, (url) => http<unknown>(method, url, { token, body }));
  }

  /** The body of the answer; undefined after a failed request. */
  private async counted<T>(
    method: string,
    path: string,
    request: (url: string) => Promise<{ status: number; body: T }>,
  ): Promise<T | undefined> {
    const url = this.baseUrl + path;
    this.requests += 1;
    try {
      const { status, body } = await request(url);
      if (status === 200) return body;
      this.fail(`${method} ${pathOf(url)}`, `${status} ${JSON.stringify(body)}`);
    } catch (error) {
      this.fail(`${method} ${pathOf(url)}`, error);
    }
    return undefined;
  }
}
