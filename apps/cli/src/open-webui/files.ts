import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BlobStore } from '@perennial/blob-store';
import { CallError, isUndecided } from '@perennial/contracts-kernel';
import { files, MAX_FILE_NAME_CHARS, toBlobKey } from '@perennial/contracts-retrieval';
import type { Caller } from '../calls';
import { explain } from '../failure';
import { idHere } from './identity';
import type { Bases } from './knowledge';
import type { People } from './people';
import type { Report } from './report';
import { type OpenWebUi, record, type Row, text } from './source';

/** Where the bytes of files are, and where they go. */
export interface FileStores {
  /** The directory of uploads of the other product. */
  uploads: string;
  blobs: BlobStore;
}

/** Imports files: their bytes, then their rows; they are ingested anew. */
export async function importFiles(
  from: OpenWebUi,
  to: { people: People; bases: Bases; stores: FileStores },
  call: Caller,
  report: Report,
): Promise<void> {
  report.begin('files', await from.count('file'));
  for await (const file of from.rows('file', report.tooLarge('files'))) {
    try {
      report.done('files', await importFile(file, to, call));
    } catch (error) {
      report.omit('files', file['id'], explain(error));
    }
  }
}

async function importFile(
  file: Row,
  { people, bases, stores }: { people: People; bases: Bases; stores: FileStores },
  call: Caller,
): Promise<boolean> {
  const principal = people.get(String(file['user_id']));
  if (principal === undefined) throw new Error('its owner was not imported');
  const { userId } = principal;
  const fileId = idHere(file['id']);
  const owner = await readOwner(fileId, call);
  if (owner === userId) return false;
  // Its bytes would replace those of the other file.
  if (owner !== undefined) throw new Error('its id is that of a file of another account here');
  const path = await findUpload(file, stores.uploads);
  const key = toBlobKey(fileId, '1', principal.placement);
  const contentType = (text(record(file['meta'])['content_type']) ?? 'application/octet-stream').slice(0, 255);
  const { size } = await stat(path);
  const stored = await stores.blobs.put(key, createReadStream(path), { maxBytes: size, size, contentType });
  const base = bases.ofFile(String(file['id'])).find((one) => one.userId === userId);
  try {
    const request = {
      fileId,
      name: (text(file['filename'])?.trim() || fileId).slice(0, MAX_FILE_NAME_CHARS),
      contentType,
      ...stored,
      knowledgeId: base?.id,
      // A picture of a chat is shown, and not searched.
      process: !contentType.startsWith('image/'),
    };
    await call(files.register, request, { principal });
    return true;
  } catch (error) {
    if (error instanceof CallError && !isUndecided(error)) await stores.blobs.delete(key);
    throw error;
  }
}

/** Whose file has this id here. As the operator, who sees the files of all. */
async function readOwner(fileId: string, call: Caller): Promise<string | undefined> {
  try {
    return (await call(files.get, { fileId })).user_id;
  } catch (error) {
    if (error instanceof CallError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** The file on this machine. Its path is that of the machine where the other product runs, so only its name counts. */
async function findUpload(file: Row, uploads: string): Promise<string> {
  const recorded = text(file['path']);
  const names = [recorded === undefined ? '' : basename(recorded), `${String(file['id'])}_${String(file['filename'])}`];
  for (const name of names) {
    const path = join(uploads, basename(name));
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  throw new Error(`its bytes are not in ${uploads}`);
}
