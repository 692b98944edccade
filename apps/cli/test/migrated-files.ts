import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A person who uploads, reads and deletes files at a gateway, over HTTP, and counts what goes wrong. */
export class FileUser {
  /** Hashes of the files that are there, by id. */
  readonly files = new Map<string, string>();
  readonly faults: string[] = [];
  reads = 0;
  private goesOn = true;

  private constructor(
    private readonly gateway: string,
    private readonly token: string,
  ) {}

  static async signUp(gateway: string): Promise<FileUser> {
    const reply = await fetch(`${gateway}/api/v1/auths/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada', email: 'ada@example.org', password: 'a moved passphrase 7' }),
    });
    const { token } = (await reply.json()) as { token: string };
    return new FileUser(gateway, token);
  }

  async upload(bytes: Uint8Array = randomBytes(2_000)): Promise<string> {
    const body = new FormData();
    body.append('file', new Blob([bytes.slice()]), 'notes.bin');
    const reply = await this.call('POST', '/api/v1/files/?process=false', body);
    if (!reply.ok) throw new Error(`an upload was answered with ${reply.status}: ${await reply.text()}`);
    const { id } = (await reply.json()) as { id: string };
    this.files.set(id, sha256(bytes));
    return id;
  }

  /** Reads a file, of those that are there by chance, and notes what is wrong. */
  async read(id = this.any()): Promise<void> {
    const expected = id && this.files.get(id);
    if (!id || !expected) return;
    const reply = await this.call('GET', `/api/v1/files/${id}/content`);
    const read = reply.ok ? sha256(new Uint8Array(await reply.arrayBuffer())) : `${reply.status} ${await reply.text()}`;
    this.reads += 1;
    if (read !== expected && this.files.has(id)) this.faults.push(`${id}: ${read}`);
  }

  async remove(id = this.any()): Promise<void> {
    if (!id) return;
    const hash = this.files.get(id);
    this.files.delete(id);
    const reply = await this.call('DELETE', `/api/v1/files/${id}`);
    if (reply.ok) return;
    this.faults.push(`${id} was not deleted: ${reply.status}`);
    if (hash !== undefined) this.files.set(id, hash);
  }

  /** Does all of it until `rest`. */
  async work(): Promise<void> {
    for (this.goesOn = true; this.goesOn; await sleep(150)) {
      await this.upload().catch((error: unknown) => this.faults.push(String(error)));
      await Promise.all([this.read(), this.read()]);
      if (this.files.size % 3 === 0) await this.remove();
    }
  }

  rest(): void {
    this.goesOn = false;
  }

  private any(): string | undefined {
    const ids = [...this.files.keys()];
    return ids[Math.floor(Math.random() * ids.length)];
  }

  private call(method: string, path: string, body?: FormData): Promise<Response> {
    return fetch(`${this.gateway}${path}`, { method, body, headers: { authorization: `Bearer ${this.token}` } });
  }
}
