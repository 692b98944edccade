import { revocations } from '@perennial/contracts-auth';
import { type Settings, settings, SettingsSchema } from '@perennial/contracts-config';
import { CallError } from '@perennial/contracts-kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';

const APPLIED = 'x-settings-version';
const TASKS = { titleGeneration: true, titlePrompt: '', taskModel: null };

describe('the version of the settings on the wire', () => {
  let edge: Edge;
  let config: number;
  let auth: number;
  const get = (url: string, headers: Record<string, string> = {}) =>
    edge.app.inject({ url, headers: { ...edge.account('user').headers, ...headers } });
  const applied = async () => (await get('/api/v1/configs/banners')).headers[APPLIED];
  const reads = () => edge.rpc.calls.filter(({ pattern }) => pattern === 'config.settings.version').length;

  beforeEach(async () => {
    config = 5;
    auth = 3;
    edge = await startEdge();
    const known = (): Settings =>
      SettingsSchema.parse({
        version: config,
        name: 'Perennial',
        defaultLocale: '',
        defaultModels: null,
        banners: [],
        tasks: TASKS,
      });
    edge.rpc.on(settings.version, () => ({ version: config }));
    edge.rpc.on(settings.get, known);
    edge.rpc.on(revocations.since, () => ({ cursor: auth, revocations: [] }));
    edge.rpc.on(settings.updateBanners, () => {
      config += 1;
      return { banners: [] };
    });
    await expect.poll(applied, { timeout: 5_000 }).toBe('c5.a3');
  });
  afterEach(() => edge.close());

  it('is on replies of the API, also on refusals, and not on pages and probes', async () => {
    expect((await edge.app.inject('/api/config')).headers[APPLIED]).toBe('c5.a3');
    expect((await edge.app.inject('/api/v1/configs/banners')).headers[APPLIED]).toBe('c5.a3');
    for (const url of ['/health', '/manifest.json'])
      expect((await edge.app.inject(url)).headers).not.toHaveProperty(APPLIED);
  });

  it('the reply to a change has the version of the change', async () => {
    const { headers } = edge.account('admin');
    const change = { method: 'POST', url: '/api/v1/configs/banners', headers, payload: { banners: [] } } as const;
    expect((await edge.app.inject(change)).headers[APPLIED]).toBe('c6.a3');
  });

  it('a change that could not be read back is never answered with an older version', async () => {
    edge.rpc.on(settings.updateBanners, () => {
      edge.rpc.fails(settings.version, new CallError('UNAVAILABLE', 'config is away'));
      return { banners: [] };
    });
    const { headers } = edge.account('admin');
    const change = { method: 'POST', url: '/api/v1/configs/banners', headers, payload: { banners: [] } } as const;
    expect((await edge.app.inject(change)).headers).not.toHaveProperty(APPLIED);
    expect(await applied()).toBeUndefined();
    config = 6;
    edge.rpc.on(settings.version, () => ({ version: config }));
    await expect.poll(applied, { timeout: 5_000 }).toBe('c6.a3');
  });

  it('a request waits for the version that it asks for, in its query or a header', async () => {
    config = 7;
    auth = 4;
    expect((await get('/api/v1/configs/banners?min_settings_version=c7')).headers[APPLIED]).toMatch(/^c7\./);
    const reply = await get('/api/v1/configs/banners', { 'x-min-settings-version': 'c6.a4' });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers[APPLIED]).toBe('c7.a4');
  });

  it.each(['banana', 'c', '', 'c1,a2', 'x1'])('%j is refused as malformed', async (version) => {
    const reply = await get(`/api/v1/configs/banners?min_settings_version=${version}`);
    expect(reply.statusCode).toBe(422);
    expect(reply.json()).toMatchObject({ errors: [{ field: 'min_settings_version' }] });
  });

  it('a version that the owner lost is refused with the latest one, also to many, who share a read', async () => {
    const before = reads();
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => get('/api/v1/configs/banners', { 'x-min-settings-version': 'c812' })),
    );
    for (const reply of replies) {
      expect(reply.statusCode).toBe(503);
      expect(reply.headers).toMatchObject({ 'retry-after': '1', [APPLIED]: 'c5.a3' });
      expect(reply.json<{ detail: string }>().detail).toContain('the latest is c5.a3');
    }
    expect(reads() - before).toBeLessThan(10);
  });

  it('nobody waits for longer than a second for an owner that does not answer', async () => {
    edge.rpc.on(settings.version, () => new Promise(() => undefined));
    const began = performance.now();
    const reply = await get('/api/v1/configs/banners?min_settings_version=c6');
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['retry-after']).toBe('1');
    // The owner hangs for ever, so that this bound shows only whether there is one.
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it('a version may go back with its owner, which was restored', async () => {
    config = 2;
    await expect.poll(applied, { timeout: 5_000 }).toBe('c2.a3');
  });
});
