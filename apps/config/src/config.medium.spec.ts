import { randomUUID } from 'node:crypto';
import { CONFIG_CHANGED, connections as connectionCalls, models, settings } from '@perennial/contracts-config';
import { ANONYMOUS, type Call, type Principal } from '@perennial/contracts-kernel';
import { SecretCipher } from '@perennial/runtime';
import { waitFor } from '@perennial/testing';
import { startReplica } from '@perennial/testing-service';
import { describe, expect, it } from 'vitest';
import {
  admin,
  installation,
  KEY,
  SECRET_KEY,
  service,
  startProvider,
  user,
  userIdOf,
  userOf,
} from '../test/installation';

describe('models', () => {
  it('lists those of all living providers, in the shape of the wire', async () => {
    const one = await startProvider({ models: ['a', 'b'] });
    const two = await startProvider({ models: ['b', 'c'] });
    const slow = await startProvider({ models: ['never'] });
    // Longer than the test may take.
    slow.delayMs = 60_000;
    const { rpc, ids } = await installation({
      OPENAI_API_BASE_URLS: `${one.url};${two.url};http://127.0.0.1:9/v1;${slow.url}`,
      OPENAI_API_KEYS: `${KEY};;other-key`,
      MODEL_LIST_TIMEOUT_MS: '2000',
    });
    expect(await ids()).toEqual(['a', 'b', 'c']);
    expect(one.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(two.requests[0]?.headers.authorization).toBeUndefined();
    const { data } = await rpc.call(models.list, {}, { principal: user });
    expect(data[0]).toEqual({
      id: 'a',
      name: 'a',
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'openai',
      openai: { id: 'a', object: 'model', created: 1_700_000_000, owned_by: 'test' },
      connection_type: 'external',
      urlIdx: 0,
      tags: [],
      actions: [],
      filters: [],
    });
  });

  it('of servers that a placement does not allow are neither listed nor resolved for people with it', async () => {
    const far = await startProvider({ models: ['shared', 'far'] });
    const near = await startProvider({ models: ['shared', 'near'] });
    const { rpc, ids } = await installation({
      OPENAI_API_BASE_URLS: `${far.url};${near.url}`,
      PLACEMENTS: JSON.stringify({ eu: { blobs: 'default', vectors: 'default', connections: [`${near.url}/`, 'eu'] } }),
    });
    const [placed, lost] = [
      { ...admin, placement: 'eu' },
      { ...user, placement: 'mars' },
    ];
    const urlOf = async (modelId: string, principal: Principal) =>
      (await rpc.call(models.resolve, { modelId }, { principal })).connection.baseUrl;
    expect(await ids(placed)).toEqual(['shared', 'near']);
    expect(await ids()).toEqual(['shared', 'far', 'near']);
    // The same name is another server's model.
    expect([await urlOf('shared', placed), await urlOf('shared', user)]).toEqual([near.url, far.url]);
    await expect(urlOf('far', placed)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('placement "eu"') as string,
    });
    expect(await ids(lost)).toEqual([]);
    await expect(urlOf('near', lost)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    // A tag allows as well, from the next moment on.
    const tagged = [
      { url: far.url, key: '', config: { tags: [{ name: 'eu' }] } },
      { url: near.url, key: '', config: {} },
    ];
    await rpc.call(
      connectionCalls.update,
      { kind: 'openai', enabled: true, connections: tagged },
      { principal: admin, key: randomUUID() },
    );
    expect(await ids(placed)).toEqual(['shared', 'far', 'near']);
    expect(await urlOf('far', placed)).toBe(far.url);
  });

  it('sends a provider one request for many readers, and keeps its models while it is away', async () => {
    const provider = await startProvider({ models: ['a'] });
    const { ids } = await installation({ OPENAI_API_BASE_URLS: provider.url });
    await Promise.all(Array.from({ length: 20 }, () => ids()));
    expect(provider.requests).toHaveLength(1);
    provider.status = 503;
    expect(await ids(user, true)).toEqual(['a']);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await ids()).toEqual(['a']);
    provider.status = 200;
    provider.models = ['a', 'new'];
    expect(await ids(user, true)).toEqual(['a', 'new']);
  });

  it('sees a provider that started after the first request', async () => {
    const provider = await startProvider({ models: ['late'] });
    provider.status = 503;
    const { ids } = await installation({ OPENAI_API_BASE_URLS: provider.url });
    expect(await ids()).toEqual([]);
    provider.status = 200;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await ids()).toEqual(['late']);
  });

  it('resolves a model with the limits of its connection, which are positive or absent', async () => {
    const provider = await startProvider({ models: ['a'] });
    const { rpc } = await installation({});
    const save = (config: Record<string, unknown>) =>
      rpc.call(
        connectionCalls.update,
        { kind: 'openai', enabled: true, connections: [{ url: provider.url, key: '', config }] },
        { principal: admin },
      );
    await save({ max_concurrency: 4, requests_per_minute: 60 });
    const { connection } = await rpc.call(models.resolve, { modelId: 'a' }, { principal: user });
    expect(connection).toMatchObject({ maxConcurrency: 4, requestsPerMinute: 60 });
    for (const wrong of [{ max_concurrency: 0 }, { requests_per_minute: -1 }, { max_concurrency: 1.5 }]) {
      await expect(save(wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await save({ max_concurrency: null });
    const { connection: free } = await rpc.call(models.resolve, { modelId: 'a' }, { principal: user });
    expect(free.maxConcurrency).toBeUndefined();
  });

  it('resolves a model to its connection, with the key encrypted, and finds a new one', async () => {
    const provider = await startProvider({ models: ['a'], ownedBy: 'vllm' });
    const { rpc } = await installation({ OPENAI_API_BASE_URLS: provider.url, OPENAI_API_KEYS: KEY });
    const resolve = (modelId: string, principal = user) => rpc.call(models.resolve, { modelId }, { principal });
    const { connection, upstreamModel, params } = await resolve('a');
    expect(connection).toMatchObject({ kind: 'openai', baseUrl: provider.url, continuation: 'continue_final_message' });
    expect({ upstreamModel, params }).toEqual({ upstreamModel: 'a', params: {} });
    expect(connection.sealedKey).not.toContain(KEY);
    expect(new SecretCipher([SECRET_KEY], 'connection-key').open(connection.sealedKey ?? '')).toBe(KEY);
    const asked = provider.requests.length;
    await Promise.all(Array.from({ length: 50 }, () => resolve('a')));
    expect(provider.requests).toHaveLength(asked);
    provider.models = ['a', 'pulled'];
    await new Promise((done) => setTimeout(done, 2_100));
    expect((await resolve('pulled')).upstreamModel).toBe('pulled');
    await expect(resolve('unknown')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('looks for unknown models at most every two seconds', async () => {
    const provider = await startProvider();
    const { rpc } = await installation({ OPENAI_API_BASE_URLS: provider.url });
    const calls = Array.from({ length: 30 }, (_, n) =>
      rpc.call(models.resolve, { modelId: `no-${n}` }, { principal: user }),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(provider.requests.length).toBeLessThanOrEqual(2);
  });

  it('shows a model to everybody until an entry restricts it to its grants', async () => {
    const provider = await startProvider({ models: ['open', 'secret', 'off'] });
    const { rpc, ids } = await installation({ OPENAI_API_BASE_URLS: provider.url });
    const save = (entry: object) =>
      rpc.call(models.saveEntry, { id: 'secret', name: 'Secret', ...entry }, { principal: admin });
    const resolve = (principal: Principal, modelId = 'secret') => rpc.call(models.resolve, { modelId }, { principal });
    expect(await ids()).toEqual(['open', 'secret', 'off']);
    expect((await resolve(user)).openToAll).toBe(true);
    await save({ params: { system: 'for admins only' } });
    await rpc.call(models.saveEntry, { id: 'off', name: 'Off', is_active: false }, { principal: admin });
    expect(await ids()).toEqual(['open']);
    expect(await ids(admin)).toEqual(['open', 'secret']);
    const saved = await rpc.call(models.entries, {}, { principal: admin });
    expect(saved.entries.map(({ id, is_active: active }) => [id, active])).toEqual([
      ['secret', true],
      ['off', false],
    ]);
    await expect(resolve(user)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(resolve(admin, 'off')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await resolve({ kind: 'service', name: 'chat' })).toMatchObject({
      params: { system: 'for admins only' },
      openToAll: false,
    });
    await save({
      access_grants: [
        { principal_type: 'user', principal_id: '00000000-0000-4000-8000-000000000001', permission: 'read' },
      ],
      params: { system: 'x' },
    });
    expect(await ids()).toEqual(['open', 'secret']);
    expect(await ids(userOf('user', 2))).toEqual(['open']);
    const row = (await rpc.call(models.list, {}, { principal: user })).data[1];
    expect(row).toMatchObject({ name: 'Secret', info: { params: {}, access_grants: [] } });
    await save({ access_grants: [{ principal_type: 'user', principal_id: '*', permission: 'read' }] });
    expect(await ids(userOf('user', 2))).toEqual(['open', 'secret']);
  });

  it('offers models in the order of an admin, and says which a new chat starts with', async () => {
    const provider = await startProvider({ models: ['a', 'b', 'c'] });
    const { rpc, ids } = await installation({ OPENAI_API_BASE_URLS: provider.url, DEFAULT_MODELS: 'a' });
    const defaults = async () => (await rpc.call(settings.get, {}, { principal: ANONYMOUS })).defaultModels;
    expect(await defaults()).toBe('a');
    expect(await rpc.call(settings.models, {}, { principal: admin })).toEqual({ defaults: null, order: [] });
    const choice = { defaults: 'c', order: ['c', 'gone', 'b'] };
    expect(await rpc.call(settings.updateModels, choice, { principal: admin })).toEqual(choice);
    expect(await rpc.call(settings.models, {}, { principal: admin })).toEqual(choice);
    expect(await ids()).toEqual(['c', 'b', 'a']);
    expect(await defaults()).toBe('c');
    await rpc.call(settings.updateModels, { defaults: null, order: [] }, { principal: admin });
    expect(await ids()).toEqual(['a', 'b', 'c']);
    expect(await defaults()).toBe('a');
  });

  it('has a name and words that an administrator saves in parts, and suggestions; an empty name is the environment’s', async () => {
    const { rpc } = await installation({ WEBUI_NAME: 'Of the environment' });
    const now = () => rpc.call(settings.get, {}, { principal: ANONYMOUS });
    expect(await now()).toMatchObject({
      name: 'Of the environment',
      pending: { title: '', content: '' },
      suggestions: [],
    });
    const { version } = await now();
    await Promise.all([
      rpc.call(settings.updateGeneral, { name: ' Library ' }, { principal: admin }),
      rpc.call(settings.updateGeneral, { pendingTitle: 'Soon' }, { principal: admin }),
    ]);
    const suggestions = [{ title: ['A walk', 'in the park'], content: 'Plan a walk' }];
    expect(await rpc.call(settings.updateSuggestions, { suggestions }, { principal: admin })).toEqual({ suggestions });
    const saved = { name: 'Library', pending: { title: 'Soon', content: '' }, suggestions };
    expect(await now()).toMatchObject({ ...saved, version: version + 3 });
    await rpc.call(settings.updateGeneral, { name: '' }, { principal: admin });
    expect(await now()).toMatchObject({ ...saved, name: 'Of the environment' });
    const asUser = { principal: user };
    await expect(rpc.call(settings.updateGeneral, {}, asUser)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(rpc.call(settings.updateSuggestions, { suggestions: [] }, asUser)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('offers models that build on another one', async () => {
    const provider = await startProvider({ models: ['base'] });
    const { rpc, ids } = await installation({ OPENAI_API_BASE_URLS: provider.url });
    const entry = { id: 'helper', base_model_id: 'base', name: 'Helper', params: { temperature: 0 } };
    const saved = await rpc.call(models.saveEntry, entry, { principal: admin, key: 'k' });
    expect(saved).toMatchObject({ ...entry, is_active: true, created_at: expect.any(Number) as number });
    expect(await rpc.call(models.saveEntry, entry, { principal: admin, key: 'k' })).toEqual(saved);
    expect(await ids(admin)).toEqual(['base', 'helper']);
    expect(await rpc.call(models.resolve, { modelId: 'helper' }, { principal: admin })).toMatchObject({
      upstreamModel: 'base',
      params: { temperature: 0 },
    });
    await expect(rpc.call(models.resolve, { modelId: 'helper' }, { principal: user })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('the knowledge of a model', () => {
  it('comes with the resolved model, without items that are not documents', async () => {
    const provider = await startProvider({ models: ['base'] });
    const { rpc } = await installation({ OPENAI_API_BASE_URLS: provider.url });
    const [file, base] = [randomUUID(), randomUUID()];
    const knowledge = [
      { type: 'collection', id: base, name: 'Handbook' },
      { type: 'file', id: file, context: 'full' },
      { type: 'note', id: 'n' },
      { type: 'file' },
      'file',
    ];
    const entry = { id: 'base', name: 'Base', meta: { knowledge } };
    await rpc.call(models.saveEntry, entry, { principal: admin, key: 'k' });
    expect((await rpc.call(models.resolve, { modelId: 'base' }, { principal: admin })).knowledge).toEqual([
      { type: 'collection', id: base, full: false },
      { type: 'file', id: file, full: true },
    ]);
  });
});

describe('connections', () => {
  it('are the environment’s until an admin saves some; keys are shown masked, and the mask keeps them', async () => {
    const provider = await startProvider({ models: ['a', 'b'], key: KEY });
    const { rpc, ids, rows, logs } = await installation(
      { OPENAI_API_BASE_URLS: provider.url, OPENAI_API_KEYS: KEY },
      2,
    );
    const get = () => rpc.call(connectionCalls.get, { kind: 'openai' }, { principal: admin });
    const update = (connections: { url: string; key: string; config: Record<string, unknown> }[], key?: string) =>
      rpc.call(connectionCalls.update, { kind: 'openai', enabled: true, connections }, { principal: admin, key });
    const before = await get();
    expect(before).toEqual({
      kind: 'openai',
      enabled: true,
      connections: [{ url: provider.url, key: '••••••••4711', config: {} }],
    });
    expect(await rows('SELECT * FROM config.connections')).toEqual([]);

    const named = {
      url: provider.url,
      key: '••••••••4711',
      config: { prefix_id: 'p', model_ids: ['a'], tags: [{ name: 't' }] },
    };
    const saved = await update([named], 'once');
    expect(saved.connections).toEqual([named]);
    expect(await update([named], 'once')).toEqual(saved);
    expect(await get()).toEqual(saved);
    expect(await ids(user, true)).toEqual(['p.a']);
    const resolved = await rpc.call(models.resolve, { modelId: 'p.a' }, { principal: user });
    expect(resolved.upstreamModel).toBe('a');
    expect(new SecretCipher([SECRET_KEY], 'connection-key').open(resolved.connection.sealedKey ?? '')).toBe(KEY);

    await update([{ ...named, config: { enable: false } }]);
    expect(await ids(user, true)).toEqual([]);
    await update([{ ...named, config: {} }]);
    expect(await ids(user, true)).toEqual(['a', 'b']);

    const [stored] = await rows(`SELECT string_agg(t::text, ' ') AS text FROM (
      SELECT to_jsonb(c) AS t FROM config.connections c UNION ALL SELECT to_jsonb(r) FROM config.call_results r) all_rows`);
    expect(stored?.text).toContain('v1.');
    expect(stored?.text).not.toContain(KEY);
    expect(logs()).not.toContain(KEY);

    await update([{ ...named, key: 'another-key', config: {} }]);
    const events = logs()
      .split('\n')
      .filter((line) => line.includes('"event":"connections_changed"'))
      .map((line) => JSON.parse(line) as { actor_id: string; keys_entered: number });
    // The repeated delivery logs no line of its own; a key that stayed masked was not entered.
    expect(events.map((event) => event.keys_entered)).toEqual([0, 0, 0, 1]);
    expect(events[0]).toMatchObject({ kind: 'openai', connections: 1, actor_id: userIdOf(admin) });
    expect(logs()).not.toContain('another-key');
  });

  it('do not send a stored key to another address', async () => {
    const thief = await startProvider();
    const { rpc } = await installation({ OPENAI_API_BASE_URLS: 'http://127.0.0.1:9/v1', OPENAI_API_KEYS: KEY });
    const connections = [{ url: thief.url, key: '••••••••4711', config: {} }];
    await expect(
      rpc.call(connectionCalls.update, { kind: 'openai', enabled: true, connections }, { principal: admin }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(
      rpc.call(connectionCalls.verify, { kind: 'openai', url: thief.url, key: '••••••••4711' }, { principal: admin }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(thief.requests).toHaveLength(0);
  });

  it('verify: lists, passes the provider’s message on without the key, follows no redirect, and ends in time', async () => {
    const provider = await startProvider({ key: KEY });
    const { rpc, logs } = await installation({ MODEL_LIST_TIMEOUT_MS: '1500' });
    const verify = (key: string) =>
      rpc.call(connectionCalls.verify, { kind: 'openai', url: provider.url, key }, { principal: admin });
    expect((await verify(KEY)).data.map(({ id }) => id)).toEqual(['m1']);
    const refusal = await verify('sk-a-wrong-key-entirely').catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'Incorrect API key provided: Bearer ***',
      details: { status: 401 },
    });

    const elsewhere = await startProvider();
    Object.assign(provider, { status: 302, location: `${elsewhere.url}/models` });
    await expect(verify(KEY)).rejects.toMatchObject({ details: { provider: 'PROTOCOL' } });
    expect(elsewhere.requests).toHaveLength(0);

    Object.assign(provider, { status: 200, location: '', delayMs: 5_000 });
    await expect(verify(KEY)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(
      rpc.call(connectionCalls.verify, { kind: 'openai', url: 'http://127.0.0.1:9', key: KEY }, { principal: admin }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(
      rpc.call(connectionCalls.verify, { kind: 'openai', url: 'file:///etc/passwd', key: KEY }, { principal: admin }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(logs()).not.toContain(KEY);
  });
});

describe('versions', () => {
  it('rise with every change, are announced, and reach every replica', async () => {
    const provider = await startProvider({ models: ['a'] });
    const { rpc, caller, rows } = await installation({ WEBUI_NAME: 'Ours', OPENAI_API_BASE_URLS: provider.url }, 3);
    const heard: number[] = [];
    await caller.notices.subscribe(CONFIG_CHANGED, ({ version }) => heard.push(version));
    const version = async () => (await rpc.call(settings.version, {}, { principal: ANONYMOUS })).version;
    const first = await version();
    const banners = [{ id: 'b', type: 'info', content: 'Hello', dismissible: true, timestamp: 1 }];
    await rpc.call(settings.updateBanners, { banners }, { principal: admin });
    expect(await version()).toBe(first + 1);
    await waitFor(() => heard.includes(first + 1));
    for (let n = 0; n < 9; n += 1) {
      expect(await rpc.call(settings.get, {}, { principal: ANONYMOUS })).toMatchObject({
        version: first + 1,
        name: 'Ours',
        banners,
      });
    }
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        rpc.call(models.saveEntry, { id: `e${n}`, name: 'x' }, { principal: admin }),
      ),
    );
    expect(await version()).toBe(first + 11);
    // A change whose notice was lost: the poll sees it.
    await rows('UPDATE config.versions SET version = version + 1');
    await waitFor(async () => {
      const versions = await Promise.all(
        Array.from({ length: 9 }, async () => (await rpc.call(models.list, {}, { principal: user })).version),
      );
      return versions.every((seen) => seen === first + 12);
    });
    // The database was restored to an older state.
    await rows(`UPDATE config.versions SET version = version - 5`);
    await waitFor(async () => {
      const versions = await Promise.all(
        Array.from({ length: 9 }, async () => (await rpc.call(models.list, {}, { principal: user })).version),
      );
      return versions.every((seen) => seen === first + 7);
    });
  });

  it('rise after a restart only if the environment has changed', async () => {
    const { source, rows } = await installation({ WEBUI_NAME: 'One' });
    const version = async () => Number((await rows('SELECT version FROM config.versions'))[0]?.version);
    const first = await version();
    await (await startReplica(service, source)).stop();
    expect(await version()).toBe(first);
    await (await startReplica(service, { ...source, WEBUI_NAME: 'Two' })).stop();
    expect(await version()).toBe(first + 1);
  });
});

describe('access', () => {
  it('is refused to others for what only admins may change or see', async () => {
    const { rpc } = await installation();
    const calls: [Call, unknown][] = [
      [connectionCalls.get, { kind: 'openai' }],
      [connectionCalls.update, { kind: 'openai', enabled: true, connections: [] }],
      [connectionCalls.verify, { kind: 'openai', url: 'http://127.0.0.1:9' }],
      [settings.updateBanners, { banners: [] }],
      [settings.models, {}],
      [settings.updateModels, { defaults: null, order: [] }],
      [models.entries, {}],
      [models.saveEntry, { id: 'a', name: 'a' }],
    ];
    for (const [call, request] of calls) {
      await expect(rpc.call(call, request, { principal: user }), call.pattern).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      await expect(rpc.call(call, request, { principal: ANONYMOUS }), call.pattern).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
      await expect(rpc.call(call, request, { principal: { kind: 'service', name: 'x' } })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    }
    for (const call of [models.list, models.resolve] as Call[]) {
      const request = { modelId: 'a' };
      await expect(rpc.call(call, request, { principal: ANONYMOUS })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
      await expect(rpc.call(call, request, { principal: userOf('pending') })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
    }
  });
});
