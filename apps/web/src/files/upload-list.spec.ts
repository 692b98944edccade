import type { FileProgress, FileReply } from '@perennial/contracts-wire';
import { ApiError, OfflineError, type UploadRequest } from '@perennial/web-client';
import { describe, expect, it } from 'vitest';
import { UploadList, type UploadListOptions, type UploadServer } from './upload-list';

interface Sending {
  file: File;
  request: UploadRequest;
  arrive: () => void;
  fail: (error: Error) => void;
}

/** A server with replies by the test. */
class ServerOfTests implements UploadServer {
  readonly sending: Sending[] = [];
  readonly followed = new Map<string, (progress: FileProgress) => void>();
  readonly retried: string[] = [];
  readonly removed: string[] = [];
  readonly waits: number[] = [];
  refuseRetry: Error | undefined;

  upload(file: File, request: UploadRequest): Promise<FileReply> {
    return new Promise((resolve, reject) => {
      const arrive = () => resolve({ id: `id-${file.name}` } as FileReply);
      this.sending.push({ file, request, arrive, fail: reject });
      request.signal?.addEventListener('abort', () => reject(new DOMException('broken off', 'AbortError')));
    });
  }

  follow(fileId: string, onProgress: (progress: FileProgress) => void): () => void {
    this.followed.set(fileId, onProgress);
    return () => this.followed.delete(fileId);
  }

  text(fileId: string): Promise<string> {
    return Promise.resolve(`text of ${fileId}`);
  }

  retry(fileId: string): Promise<unknown> {
    this.retried.push(fileId);
    return this.refuseRetry ? Promise.reject(this.refuseRetry) : Promise.resolve();
  }

  remove(fileId: string): Promise<unknown> {
    this.removed.push(fileId);
    return Promise.reject(new OfflineError());
  }

  wait(seconds: number): Promise<void> {
    this.waits.push(seconds);
    return Promise.resolve();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const file = (name: string, size = 10) => new File(['x'.repeat(size)], name);

function listOf(names: string[], options?: UploadListOptions) {
  const server = new ServerOfTests();
  const list = new UploadList(server, options);
  list.add(names.map((name) => file(name)));
  const states = () => list.items.get().map(({ name, state }) => `${name} ${state}`);
  const item = (name: string) => list.items.get().find((upload) => upload.name === name)!;
  const arrive = async (name: string) => {
    server.sending.findLast((sending) => sending.file.name === name)?.arrive();
    await settled();
  };
  return { server, list, states, item, arrive };
}

describe('UploadList', () => {
  it('sends two files at a time and follows their ingestion two at a time, in order', async () => {
    const { server, states, arrive } = listOf(['a', 'b', 'c', 'd']);
    expect(states()).toEqual(['a uploading', 'b uploading', 'c waiting', 'd waiting']);
    await arrive('a');
    await arrive('b');
    await arrive('c');
    expect(states()).toEqual(['a reading', 'b reading', 'c reading', 'd uploading']);
    expect([...server.followed.keys()]).toEqual(['id-a', 'id-b']);
    server.followed.get('id-a')?.({ status: 'completed' });
    expect([...server.followed.keys()]).toEqual(['id-b', 'id-c']);
    expect(states()[0]).toBe('a ready');
  });

  it('counts the bytes of the file, not of the larger form around it', () => {
    const { server, item } = listOf(['a']);
    server.sending[0]?.request.onProgress?.(100, 200);
    expect(item('a').sent).toBe(5);
    server.sending[0]?.request.onProgress?.(200, 200);
    expect(item('a').sent).toBe(10);
  });

  it('shows why an upload failed and sends it again on retry', async () => {
    const { server, list, item, arrive } = listOf(['a']);
    server.sending[0]?.fail(new ApiError(413, 'The file is too large: at most 1 MB are allowed.', false));
    await settled();
    expect(item('a')).toMatchObject({ state: 'failed', error: 'The file is too large: at most 1 MB are allowed.' });
    await list.retry(item('a').key);
    expect(item('a')).toMatchObject({ state: 'uploading', error: undefined });
    await arrive('a');
    expect(item('a').state).toBe('reading');
    expect(server.retried).toEqual([]);
  });

  it('does not resend a file by itself if it may have arrived', async () => {
    const { server, item } = listOf(['a']);
    server.sending[0]?.fail(new OfflineError());
    await settled();
    expect(item('a').state).toBe('failed');
    expect(server.sending).toHaveLength(1);
  });

  it('retries a file when the server is full, after its Retry-After, and finally gives up', async () => {
    const { server, item } = listOf(['a']);
    for (let refusal = 0; refusal < 6; refusal++) {
      server.sending.at(-1)?.fail(new ApiError(429, 'Too many of your uploads are under way.', false, 3));
      await settled();
    }
    expect(server.waits).toEqual([3, 3, 3, 3, 3]);
    expect(item('a')).toMatchObject({ state: 'failed', error: 'Too many of your uploads are under way.' });
  });

  it('shows why a file could not be read, and retries its ingestion without sending it again', async () => {
    const { server, list, item, arrive } = listOf(['a']);
    await arrive('a');
    server.followed.get('id-a')?.({ status: 'failed', error: 'The PDF is broken.' });
    expect(item('a')).toMatchObject({ state: 'failed', error: 'The PDF is broken.' });
    const retry = list.retry(item('a').key);
    // Until the server has processed the retry, its status is still the failure.
    list.add([file('b')]);
    expect(server.followed.size).toBe(0);
    await retry;
    expect([...server.followed.keys()]).toEqual(['id-a']);
    expect(server.retried).toEqual(['id-a']);
    expect(server.sending.map((sending) => sending.file.name)).toEqual(['a', 'b']);
  });

  it('treats a refused retry of a completed file as completed', async () => {
    const { server, list, item, arrive } = listOf(['a']);
    await arrive('a');
    server.followed.get('id-a')?.({ status: 'failed' });
    server.refuseRetry = new ApiError(409, 'The file is completed.', false);
    await list.retry(item('a').key);
    expect(item('a').state).toBe('reading');
    server.refuseRetry = new ApiError(500, 'No.', false);
    server.followed.get('id-a')?.({ status: 'failed' });
    await list.retry(item('a').key);
    expect(item('a')).toMatchObject({ state: 'failed', error: 'No.' });
  });

  it('aborts an upload that is removed, and starts the next one', async () => {
    const { server, list, states, item } = listOf(['a', 'b', 'c']);
    list.remove(item('a').key);
    await settled();
    expect(server.sending[0]?.request.signal?.aborted).toBe(true);
    expect(states()).toEqual(['b uploading', 'c uploading']);
    expect(server.removed).toEqual([]);
  });

  it('removes a file from the server too, and stops following it', async () => {
    const { server, list, states, item, arrive } = listOf(['a']);
    await arrive('a');
    list.remove(item('a').key);
    expect(server.followed.size).toBe(0);
    expect(server.removed).toEqual(['id-a']);
    expect(states()).toEqual([]);
  });

  it('hands an uploaded file over to the caller that follows it', async () => {
    const arrived: string[] = [];
    const { server, states, arrive } = listOf(['a', 'b', 'c'], {
      knowledgeId: 'base',
      onUploaded: ({ id }) => arrived.push(id),
    });
    expect(server.sending[0]?.request.knowledgeId).toBe('base');
    await arrive('a');
    expect(arrived).toEqual(['id-a']);
    expect(states()).toEqual(['b uploading', 'c uploading']);
    expect(server.followed.size).toBe(0);
  });
});
