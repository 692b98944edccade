import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { missingServer, openSearchFiles, type OpenSearchServer, startOpenSearch } from '@perennial/testing';
import { expect, it } from 'vitest';
import { point, points } from './points';
import { type Subject, subjectOf } from './subject';
import { testStore } from './suite';

const missing = await missingServer('OpenSearch', () => openSearchFiles());
let server: OpenSearchServer;
let subject: Subject;

testStore(
  'OpenSearch',
  async () => {
    server = await startOpenSearch();
    subject = subjectOf({ ...server.env, VECTOR_DB_TIMEOUT_MS: '2000' }, server, {
      wrongCredentials: { OPENSEARCH_PASSWORD: 'hunter2' },
    });
    return subject;
  },
  { parts: ['server', 'credentials'], missing, own },
);

/** What only OpenSearch does. */
function own(): void {
  /** As an operator, past the gate. */
  async function api(method: string, path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      ...{ method, headers, body: JSON.stringify(body) },
    });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
  }

  it('a certificate that nobody trusts is refused', async () => {
    await expect(subject.open({ OPENSEARCH_CERT_VERIFY: 'true' }).health()).rejects.toMatchObject({
      ...{ code: 'UNAVAILABLE', message: expect.stringMatching(/certificate of OpenSearch is not trusted/) },
    });
  });

  it('a write that comes after the removal of its collection does not make one', async () => {
    const [store, late] = [subject.open(), subject.open()];
    await store.ensureCollection('removed', { dimension: 8 });
    await late.upsert('removed', [point()]);
    await store.dropCollection('removed');
    await expect(late.upsert('removed', [point()])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await store.listCollections()).map(({ name }) => name)).not.toContain('removed');
  });

  it('a deletion removes what a killed writer has left, which no search sees yet', async () => {
    const store = subject.open();
    await store.ensureCollection('left', { dimension: 8 });
    await api('PUT', '/perennial_left/_settings', { index: { refresh_interval: '-1' } });
    const { id, scope, fileId, generation, ordinal, vector } = point();
    await api('PUT', `/perennial_left/_doc/${id}`, {
      ...{ id, scope, file: fileId, generation, ordinal, words: '', vector: [...vector] },
    });
    expect(await store.count('left')).toBe(0);
    await store.delete('left', { fileIds: [fileId] });
    await api('POST', '/perennial_left/_refresh', {});
    expect(await store.count('left')).toBe(0);
  });

  it('is away for writes while its disk is nearly full, and found by itself afterwards', async () => {
    const store = subject.open();
    await store.ensureCollection('full', { dimension: 8 });
    await store.upsert('full', points(3));
    const block = (value: boolean | null) =>
      api('PUT', '/perennial_full/_settings', { 'index.blocks.read_only_allow_delete': value });
    await block(true);
    const later = points(3, { fileId: 'file-2' });
    await expect(store.upsert('full', later)).rejects.toMatchObject({
      ...{ code: 'UNAVAILABLE', message: expect.stringMatching(/disk/) },
    });
    expect(await store.count('full')).toBe(3);
    await block(null);
    await store.upsert('full', later);
    expect(await store.count('full')).toBe(6);
  });

  it('a batch of long texts is sent in parts, and each point is there', async () => {
    const store = subject.open();
    await store.ensureCollection('long', { dimension: 8 });
    const lengths: number[] = [];
    const listener = (message: unknown): void => {
      const { path, contentLength } = (message as { request: { path: string; contentLength: number | null } }).request;
      if (path.includes('/_bulk')) lengths.push(contentLength ?? 0);
    };
    subscribe('undici:request:create', listener);
    try {
      await store.upsert('long', points(70, { text: 'word '.repeat(20_000) }));
    } finally {
      unsubscribe('undici:request:create', listener);
    }
    expect(lengths).toHaveLength(2);
    for (const length of lengths) expect(length).toBeLessThan(8_000_000);
    expect(await store.count('long')).toBe(70);
  });
}
