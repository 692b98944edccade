import { constants, type Dirent } from 'node:fs';
import { type FileHandle, lstat, open, opendir, readlink, realpath } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { type FolderSource, MAX_ADDRESS_CHARS } from '@perennial/contracts-retrieval';
import { toFileName } from '../web/web-document';
import { tooLarge, WebError, type WebFailure } from '../web/web-error';
import { BATCH, type Reading, type SourceReader, TOP } from './source-reader';
import type { FoundDocument, WaitingDocument } from './source-row';

const MAX_DEPTH = 32;

/**
 * Reads a folder below a directory that the operator names. Links are not followed, whatever they point to, and hidden files are left out. An
 * address is a path below the folder; that of a folder ends with a slash.
 */
export class FolderSourceReader implements SourceReader {
  readonly begin: readonly FoundDocument[] = [{ address: TOP, listing: true, depth: 0 }];
  /** What a listing does not show is not there. */
  readonly rereads = false;
  private readonly directory: string;
  private readonly folder: readonly string[];

  /** @throws WebError refused */
  constructor(config: FolderSource, directories: ReadonlyMap<string, string>) {
    const directory = directories.get(config.directory);
    const parts = partsOf(config.path);
    if (directory === undefined || parts === undefined)
      throw new WebError('refused', 'There is no such directory here. The operator names those that may be read.');
    this.directory = directory;
    this.folder = parts;
  }

  isEssential({ listing, address }: WaitingDocument, failure: WebFailure): boolean {
    return listing && (address === TOP || failure !== 'gone');
  }

  async read({ address, listing, depth, fileId, etag: known }: WaitingDocument, maxBytes: number): Promise<Reading> {
    if (listing) return { kind: 'listing', entries: this.list(address, depth) };
    const path = await this.pathOf(address);
    const before = await told(lstat(path));
    if (!before.isFile()) throw new WebError('gone', 'It is no file any more.');
    const etag = `${before.ino}-${before.size}-${before.mtimeMs}`;
    if (fileId !== null && etag === known) return { kind: 'unchanged' };
    if (before.size > maxBytes) throw new WebError('too-large', tooLarge(maxBytes));
    // Not a pipe that never ends, and not a link that has taken the file's place.
    const file = await told(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
    const opened = await file.stat();
    if (
      !opened.isFile() ||
      opened.ino !== before.ino ||
      opened.dev !== before.dev ||
      (await whereIs(file, path)) !== path
    ) {
      await file.close();
      throw new WebError('away', 'It was replaced while it was opened.');
    }
    return {
      kind: 'document',
      name: toFileName(basename(address)),
      contentType: 'application/octet-stream',
      etag,
      lastModified: null,
      metadata: { source: address },
      body: file.createReadStream({ end: maxBytes }),
      leadsTo: () => [],
      refusal: () => undefined,
    };
  }

  private async *list(address: string, depth: number): AsyncGenerator<FoundDocument[]> {
    const path = await this.pathOf(address);
    const directory = await told(opendir(path));
    let found: FoundDocument[] = [];
    let isEmpty = true;
    for await (const entry of directory) {
      const document = toDocument(address, depth, entry);
      if (!document) continue;
      isEmpty = false;
      if (found.push(document) < BATCH) continue;
      yield found;
      found = [];
    }
    // More likely a disk that is not there than a folder that has been emptied: nothing is taken for absent.
    if (isEmpty && address === TOP) throw new WebError('away', 'The folder is empty, or its disk is not there.');
    yield found;
  }

  /** The path, if no part of it below the operator's directory is a link. */
  private async pathOf(address: string): Promise<string> {
    const below = address === TOP ? [] : partsOf(address);
    if (!below) throw new WebError('refused', 'This is no path below the folder.');
    const parts = [...this.folder, ...below];
    const { directory } = this;
    const [root, path] = await told(Promise.all([realpath(directory), realpath(join(directory, ...parts))]));
    if (path !== [root, ...parts].join(sep)) throw new WebError('gone', 'A link is not followed.');
    return path;
  }
}

/** Where an open file is: a folder on the way to it may have become a link since the path was checked. Elsewhere than on Linux the path says it. */
function whereIs(file: FileHandle, path: string): Promise<string> {
  return readlink(`/proc/self/fd/${file.fd}`).catch(() => realpath(path));
}

function toDocument(folder: string, depth: number, entry: Dirent): FoundDocument | undefined {
  const listing = entry.isDirectory();
  if ((!listing && !entry.isFile()) || entry.name.startsWith('.') || (listing && depth >= MAX_DEPTH)) return undefined;
  const address = `${folder === TOP ? '' : folder}${entry.name}${listing ? '/' : ''}`;
  // A path that is no text, or too long for a key.
  if (address.includes('\uFFFD') || Buffer.byteLength(address) > MAX_ADDRESS_CHARS) return undefined;
  return { address, listing, depth: depth + 1 };
}

/** The names of a relative path; undefined for one that leads elsewhere. */
function partsOf(path: string): string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const isPlain = !path.startsWith('/') && parts.every((part) => part !== '.' && part !== '..' && !/[\\\0]/.test(part));
  return isPlain ? parts : undefined;
}

/** In words for people: an error of the system names paths of the machine. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new WebError('gone', 'It is not there any more.', { cause: error });
    if (code === 'ELOOP') throw new WebError('gone', 'A link is not followed.', { cause: error });
    if (code === 'EACCES' || code === 'EPERM')
      throw new WebError('denied', 'This service may not read it.', { cause: error });
    throw new WebError('away', 'It cannot be read at the moment.', { cause: error });
  }
}
