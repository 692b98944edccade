import { setTimeout as sleep } from 'node:timers/promises';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import type { FileProgress, FileReply, KnowledgeBase, Source } from '@perennial/contracts-wire';
import type { Account } from '../support/accounts';
import { httpUntilAnswered } from '../support/http';

/** A document: a name and bytes. */
export interface Document {
  name: string;
  type: string;
  bytes: Uint8Array;
}

/** A citation: the chunk's text, the page (from 1) and the file. */
export interface Citation {
  text: string;
  page: number | undefined;
  fileId: string | undefined;
  fileName: string | undefined;
}

const POLL_MS = 250;

/** A user who uploads documents and asks about them, through the gateway's routes. */
export class Library {
  constructor(
    private readonly baseUrl: string,
    private readonly account: Account,
    private readonly model: string,
  ) {}

  async createBase(name: string): Promise<string> {
    const body = await this.json<KnowledgeBase>('POST', routes.knowledge.create.path, { name, description: '' });
    return body.id;
  }

  async upload(document: Document, base?: string): Promise<string> {
    const form = new FormData();
    if (base !== undefined) form.append('metadata', JSON.stringify({ knowledge_id: base }));
    form.append('file', new Blob([Buffer.from(document.bytes)], { type: document.type }), document.name);
    const reply = await fetch(this.baseUrl + routes.files.upload.path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.account.token}` },
      body: form,
    });
    const body = (await reply.json()) as FileReply;
    if (reply.status !== 200) throw new Error(`uploading ${document.name}: ${reply.status} ${JSON.stringify(body)}`);
    return body.id;
  }

  /** Waits until the file is ingested, and throws its reason when it failed. */
  async completed(fileId: string, limitMs = 300_000): Promise<void> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const { status, error } = await this.status(fileId);
      if (status === 'completed') return;
      if (status === 'failed') throw new Error(`file ${fileId} failed: ${error}`);
      if (Date.now() > deadline) throw new Error(`file ${fileId} is ${status} after ${limitMs / 1_000} s`);
      await sleep(POLL_MS);
    }
  }

  status(fileId: string): Promise<FileProgress> {
    return this.json('GET', `/api/v1/files/${fileId}/process/status`);
  }

  async remove(fileId: string): Promise<void> {
    await this.json('DELETE', `/api/v1/files/${fileId}`);
  }

  async replaceText(fileId: string, content: string): Promise<void> {
    await this.json('POST', `/api/v1/files/${fileId}/data/content/update`, { content });
  }

  /** Asks a question of a base like an SDK, and returns the answer's citations. */
  async ask(question: string, base: string): Promise<Citation[]> {
    const reply = await this.json<{ sources?: Source[] }>('POST', routes.completions.create.path, {
      model: this.model,
      messages: [{ role: 'user', content: question }],
      files: [{ type: 'collection', id: base }],
    });
    return citationsOf(reply.sources ?? []);
  }

  /** Chooses another embedding model of the same server. */
  async changeModel(model: string): Promise<void> {
    await this.json('POST', routes.retrieval.updateEmbedding.path, { RAG_EMBEDDING_MODEL: model });
  }

  async activeModel(): Promise<string | undefined> {
    const { index } = await this.json<RouteReply<typeof routes.retrieval.embedding>>(
      'GET',
      routes.retrieval.embedding.path,
    );
    return index.building === null ? index.active?.model : undefined;
  }

  private async json<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const reply = await httpUntilAnswered<T>(method, this.baseUrl + path, { token: this.account.token, body });
    if (reply.status !== 200) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }
}

function citationsOf(sources: readonly Source[]): Citation[] {
  return sources.flatMap(({ document, metadata }) =>
    document.map((text, at) => ({
      text,
      page: metadata[at]?.page === undefined ? undefined : metadata[at].page + 1,
      fileId: metadata[at]?.file_id,
      fileName: metadata[at]?.name,
    })),
  );
}
