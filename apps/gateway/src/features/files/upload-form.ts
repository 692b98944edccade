import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { CallError } from '@perennial/contracts-kernel';
import { guarded } from '../../http/guarded';
import { Problem } from '../../problem';
import { toFileName } from './file-name';

/** The file of a form, during its upload. */
export interface ArrivingFile {
  /** Without a path, without control characters, at most 255 bytes and never empty. */
  name: string;
  /** The client's type: a lower-case MIME type, or `application/octet-stream`. */
  contentType: string;
  bytes: Readable;
}

export interface ReceivedForm<T> {
  file: T;
  /** Text parts by name; the last one wins. */
  fields: ReadonlyMap<string, string>;
}

const FILE_PART = 'file';
const LIMITS = {
  files: 1,
  fields: 16,
  parts: 32,
  fieldNameSize: 200,
  fieldSize: 262_144,
  headerPairs: 32,
  headerSize: 16_384,
};

/**
 * Parses a multipart form while it arrives. Its one file goes to `take` as a stream with backpressure; other parts may come before or after
 * it. Settles only after `take` has: after any failure (a malformed form, a client that disconnects, a second file) the stream fails, `take`
 * is awaited, and then this rejects.
 *
 * @throws Problem 400 for a form that cannot be read, CallError CANCELLED when the client has disconnected
 */
export function receiveForm<T>(
  request: IncomingMessage,
  take: (file: ArrivingFile) => Promise<T>,
): Promise<ReceivedForm<T>> {
  return new Promise((resolve, reject) => {
    const fields = new Map<string, string>();
    let bytes: Readable | undefined;
    let taking: Promise<T> | undefined;
    let failed = false;

    const form = openForm(request);
    const fail = (error: unknown): void => {
      if (failed) return;
      failed = true;
      request.unpipe(form);
      request.off('close', gone);
      bytes?.destroy(error as Error);
      void Promise.allSettled([taking]).then(() => reject(error));
    };
    const refuse = (sentence: string) => (): void => fail(new Problem(400, sentence));
    const gone = (): void => {
      if (!request.complete) fail(new CallError('CANCELLED', 'The client disconnected during the upload'));
    };

    const onFile = (part: string, stream: Readable, name: string, _encoding: string, contentType: string): void => {
      // The form reports the error itself.
      stream.on('error', () => undefined);
      if (failed) return void stream.resume();
      if (part !== FILE_PART) {
        stream.resume();
        return refuse(`The file must be in the part "${FILE_PART}", not in "${part}".`)();
      }
      bytes = stream;
      taking = take({ name: toFileName(name), contentType: contentTypeOf(contentType), bytes: stream });
      taking.catch(fail);
    };
    const onField = (part: string, value: string, _nameCut: boolean, cut: boolean): void => {
      if (cut) refuse(`The part "${part}" is too large.`)();
      else fields.set(part, value);
    };
    form.on('file', guarded(onFile, fail));
    form.on('field', guarded(onField, fail));
    form.once('filesLimit', refuse('Send one file in a request.'));
    form.once('fieldsLimit', refuse('The form has too many parts.'));
    form.once('partsLimit', refuse('The form has too many parts.'));
    form.on('error', refuse('The form ended early, or is not multipart/form-data.'));
    form.once('finish', () => {
      request.off('close', gone);
      if (failed) return;
      if (taking === undefined) return refuse(`The form has no part "${FILE_PART}" with a file.`)();
      taking.then((file) => resolve({ file, fields }), fail);
    });
    request.once('close', gone);
    request.pipe(form);
  });
}

/** @throws Problem 400 */
function openForm(request: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({
      headers: request.headers as BusboyHeaders,
      limits: LIMITS,
      isPartAFile: (part, _contentType, name) => part === FILE_PART || name !== undefined,
    });
  } catch {
    throw new Problem(400, 'The form has no boundary: send it as multipart/form-data.');
  }
}

function contentTypeOf(contentType: string): string {
  return /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/.test(contentType) ? contentType.toLowerCase() : 'application/octet-stream';
}
