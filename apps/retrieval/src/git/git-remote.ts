import { buffer } from 'node:stream/consumers';
import type { WebClient } from '../web/web-client';
import { tooLarge, WebError } from '../web/web-error';
import { type GitObject, readPack } from './pack';
import { lineText, notGit, type PktLine, pktLines, toPktLines } from './pkt-line';
import { treeOf } from './tree';

/** The commit and all folders of a branch: 200,000 folders, which is twice that of the largest known. */
const TREE_LIMITS = { objects: 200_000, bytes: 256 * 1024 * 1024 };
const MOST_TREE_BYTES = 64 * 1024 * 1024;
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;
/** For one request with its answer. */
const TIMEOUT_MS = 120_000;
/** What zlib and the protocol add to a file that cannot be packed. */
const OVERHEAD = 1.01;
const OVERHEAD_BYTES = 64 * 1024;
const AGENT = 'agent=perennial';
const DATA = 1;
const FATAL = 3;

export interface GitRepository {
  url: string;
  /** Empty: the one that the server names. */
  branch: string;
  /** Empty: none. */
  token: string;
}

/** The folders of one commit; files are asked for one by one. */
export interface GitTree {
  objects: Map<string, GitObject>;
  root: string;
}

/**
 * Reads a repository by Git's protocol, version 2, over https: the folders of a branch's last commit, without history and without files (`deepen 1`,
 * `filter blob:none`), and single files by the names of their content. Nothing is kept on disk and no program is run, so there are no hooks, no
 * submodules and no helpers.
 */
export class GitRemote {
  /** Where the server has it, after redirects. */
  private base: string | undefined;

  constructor(
    private readonly client: WebClient,
    private readonly repository: GitRepository,
  ) {}

  /** @throws WebError, or the signal's reason */
  async tree(signal: AbortSignal): Promise<GitTree> {
    const commit = await this.lastCommit(signal);
    const lines = ['no-progress', 'deepen 1', 'filter blob:none', `want ${commit}`, 'done'];
    const objects = await bounded('The repository has more folders than are read here.', async () =>
      readPack(await this.pack(lines, MOST_TREE_BYTES, signal), TREE_LIMITS),
    );
    const found = objects.get(commit);
    if (!found) throw notGit();
    return { objects, root: treeOf(found) };
  }

  /** The content of a file. @throws WebError, or the signal's reason */
  async file(object: string, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    const most = Math.ceil(maxBytes * OVERHEAD) + OVERHEAD_BYTES;
    const objects = await bounded(tooLarge(maxBytes), async () =>
      readPack(await this.pack(['no-progress', `want ${object}`, 'done'], most, signal), {
        objects: 1,
        bytes: maxBytes,
      }),
    );
    const found = objects.get(object);
    if (found?.kind !== 'blob') throw notGit();
    return found.data;
  }

  private async lastCommit(signal: AbortSignal): Promise<string> {
    const { branch } = this.repository;
    const ref = branch === '' ? 'HEAD' : `refs/heads/${branch}`;
    const body = toPktLines('command=ls-refs', AGENT, 'delimiter', `ref-prefix ${ref}`, 'flush');
    for await (const line of await this.ask(body, MOST_ANSWER_BYTES, signal)) {
      const [, object, name] = line instanceof Buffer ? (/^([0-9a-f]{40}) (\S+)/.exec(lineText(line)) ?? []) : [];
      if (object !== undefined && name === ref) return object;
    }
    throw new WebError(
      'denied',
      branch === '' ? 'The repository is empty.' : `The repository has no branch "${branch}".`,
    );
  }

  private async pack(lines: string[], maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    const body = toPktLines('command=fetch', AGENT, 'delimiter', ...lines, 'flush');
    const pack = new Bytes();
    let isPack = false;
    for await (const line of await this.ask(body, maxBytes, signal)) {
      if (!(line instanceof Buffer)) continue;
      if (!isPack) {
        isPack = lineText(line) === 'packfile';
        if (lineText(line).startsWith('ERR ')) throw refused();
      } else if (line[0] === DATA) pack.add(line.subarray(1));
      else if (line[0] === FATAL) throw refused();
    }
    return pack.whole();
  }

  private async ask(body: Buffer, maxBytes: number, signal: AbortSignal): Promise<AsyncGenerator<PktLine>> {
    this.base ??= await this.find(signal);
    const type = 'application/x-git-upload-pack';
    const headers = { ...this.headers, 'content-type': `${type}-request`, accept: `${type}-result` };
    const page = await inWords(
      this.client.post(`${this.base}/git-upload-pack`, body, { maxBytes, headers, signal, timeoutMs: TIMEOUT_MS }),
    );
    return pktLines(page.body as AsyncIterable<Buffer>);
  }

  /** Where the repository is, if its server can give out single files. */
  private async find(signal: AbortSignal): Promise<string> {
    const { client, repository, headers } = this;
    const { origin } = client.parse(repository.url);
    const page = await inWords(
      client.get(`${repository.url.replace(/\/+$/, '')}/info/refs?service=git-upload-pack`, {
        maxBytes: MOST_ANSWER_BYTES,
        headers,
        // The token goes nowhere else.
        follows: (url) => url.origin === origin,
        signal,
      }),
    );
    const answer = page && (await buffer(page.body)).toString('latin1');
    if (!page || !page.url.pathname.endsWith('/info/refs')) throw notGit();
    if (!answer?.includes('version 2'))
      throw new WebError('unsupported', 'The server does not speak version 2 of Git’s protocol.');
    if (!answer.split('\n').some((line) => line.includes('fetch=') && /\bfilter\b/.test(line)))
      throw new WebError(
        'unsupported',
        'The Git server gives out whole repositories only (uploadpack.allowFilter is off).',
      );
    return `${page.url.origin}${page.url.pathname.slice(0, -'/info/refs'.length)}`;
  }

  private get headers(): Record<string, string> {
    const { token } = this.repository;
    // The name that Bitbucket wants; GitHub, GitLab and Gitea take any.
    const basic = Buffer.from(`x-token-auth:${token}`).toString('base64');
    return { 'git-protocol': 'version=2', ...(token === '' ? {} : { authorization: `Basic ${basic}` }) };
  }
}

/** Bytes that come in pieces, of which a server may make millions: a buffer of each would take more than they have. */
class Bytes {
  private bytes = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  add(piece: Buffer): void {
    const needed = this.length + piece.length;
    if (needed > this.bytes.length)
      this.bytes = Buffer.concat([this.bytes.subarray(0, this.length)], Math.max(needed, 2 * this.bytes.length));
    this.length += piece.copy(this.bytes, this.length);
  }

  whole(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** Says in words of its own what is too large. */
async function bounded<T>(sentence: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WebError) || error.failure !== 'too-large') throw error;
    throw new WebError('too-large', sentence, { cause: error });
  }
}

async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof WebError && (error.failure === 'denied' || error.failure === 'gone')) throw refused(error);
    throw error;
  }
}

function refused(cause?: unknown): WebError {
  return new WebError('denied', 'The repository is not there, or its server wants another token.', { cause });
}
