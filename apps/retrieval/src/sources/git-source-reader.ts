import { Readable } from 'node:stream';
import { type GitSource, MAX_ADDRESS_CHARS } from '@perennial/contracts-retrieval';
import { GitRemote } from '../git/git-remote';
import { filesBelow, folderAt } from '../git/tree';
import type { WebClient } from '../web/web-client';
import { toFileName } from '../web/web-document';
import { WebError, type WebFailure } from '../web/web-error';
import { BATCH, type Reading, type SourceReader, TOP } from './source-reader';
import type { FoundDocument, LeftOut, WaitingDocument } from './source-row';

/** Folders that stand in each other again and again make more files than there are. */
const MOST_FILES = 200_000;
const LFS = 'version https://git-lfs.github.com/spec/';

/**
 * Reads the files of the last commit of a branch. An address is a path below the folder, and the name of a file's content is its ETag: what has not
 * changed is not read again, nor what was left out and would be again.
 */
export class GitSourceReader implements SourceReader {
  readonly begin: readonly FoundDocument[] = [{ address: TOP, listing: true, depth: 0 }];
  /** What the commit does not have is not there. */
  readonly rereads = false;
  private readonly remote: GitRemote;
  private readonly path: readonly string[];
  private files: Promise<ReadonlyMap<string, string>> | undefined;
  private isLost = false;

  /** @throws WebError refused */
  constructor(
    { url, branch, path }: GitSource,
    client: WebClient,
    { token, plain }: { token: string; plain: boolean },
  ) {
    const { protocol, search, hash } = client.parse(url);
    if (protocol !== 'https:' && !plain) throw new WebError('refused', 'A repository is read by https only.');
    if (search !== '' || hash !== '') throw new WebError('refused', 'This is no address of a repository.');
    if (!/^[^\s~^:?*[\\\0]*$/.test(branch)) throw new WebError('refused', 'This is no name of a branch.');
    this.remote = new GitRemote(client, { url, branch, token });
    this.path = path.split('/').filter((part) => part !== '');
  }

  isEssential(_document: WaitingDocument, _failure: WebFailure): boolean {
    return this.isLost;
  }

  async version({ address }: WaitingDocument, state: LeftOut, maxBytes: number): Promise<string | undefined> {
    const object = (await this.files)?.get(address);
    return object === undefined || state === 'duplicate' ? object : skippedVersion(object, maxBytes);
  }

  async read(
    { address, listing, fileId, etag, state, hasTwin }: WaitingDocument,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Reading> {
    const files = await (this.files ??= this.list(signal));
    if (listing) return { kind: 'listing', entries: entriesOf(files) };
    const object = files.get(address);
    if (object === undefined) throw new WebError('gone', 'It is not in the branch any more.');
    if (fileId !== null && etag === object) return { kind: 'unchanged' };
    if (state === 'skipped' && etag === skippedVersion(object, maxBytes)) return { kind: 'left-out', state };
    if (hasTwin && etag === object) return { kind: 'left-out', state: 'duplicate' };
    const bytes = await this.remote.file(object, maxBytes, signal);
    if (bytes.toString('latin1', 0, LFS.length) === LFS)
      throw new WebError('unsupported', 'It is kept in Git LFS, which is not read.');
    return {
      kind: 'document',
      name: toFileName(address.slice(address.lastIndexOf('/') + 1)),
      contentType: 'application/octet-stream',
      etag: object,
      lastModified: null,
      metadata: { source: address },
      body: Readable.from([bytes]),
      leadsTo: () => [],
      refusal: () => undefined,
    };
  }

  /** Each turn of a sync looks at the branch once; without it no file can be told from one that is gone. */
  private async list(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    this.isLost = true;
    const files = await this.lookUp(signal);
    this.isLost = false;
    return files;
  }

  private async lookUp(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { objects, root } = await this.remote.tree(signal);
    const folder = folderAt(objects, root, this.path);
    if (folder === undefined) throw new WebError('denied', 'The branch has no such folder.');
    const files = new Map<string, string>();
    for (const { path, object } of filesBelow(objects, folder)) {
      if (Buffer.byteLength(path) <= MAX_ADDRESS_CHARS) files.set(path, object);
      if (files.size > MOST_FILES) throw new WebError('too-large', `The branch has more than ${MOST_FILES} files.`);
    }
    // As with a folder: more likely a mistake than documents that are all gone.
    if (files.size === 0) throw new WebError('away', 'There is no file in this folder of the branch.');
    return files;
  }
}

/** What was too large may be small enough when the limit is another one. */
const skippedVersion = (object: string, maxBytes: number): string => `${object} ${maxBytes}`;

async function* entriesOf(files: ReadonlyMap<string, string>): AsyncGenerator<FoundDocument[]> {
  const addresses = [...files.keys()];
  for (let from = 0; from < addresses.length; from += BATCH)
    yield addresses.slice(from, from + BATCH).map((address) => ({ address, listing: false, depth: 1 }));
}
