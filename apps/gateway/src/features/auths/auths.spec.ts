import { registration, sessions, users } from '@perennial/contracts-auth';
import { settings, SettingsSchema } from '@perennial/contracts-config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge, toToken, userOf } from '../../../test/edge';

const body = { email: 'ada@localhost', password: 'correct horse battery staple' };

describe('signing in and up', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  async function start(source: Record<string, string> = {}): Promise<void> {
    edge = await startEdge(source);
    const user = userOf('user');
    const issued = { user, token: toToken({ id: user.id }), expiresAt: null, device: 'a-device.its-proof' };
    edge.rpc.on(sessions.signIn, () => issued).on(users.signUp, () => issued);
    edge.rpc.on(users.add, () => issued).on(users.status, () => ({ onboarding: true, signUpEnabled: true }));
  }
  const post = (path: string, payload: object, options: object = {}) =>
    edge.app.inject({ method: 'POST', url: `/api/v1/auths/${path}`, payload, ...options });
  const lastRequest = () => edge.rpc.calls.at(-1)?.request as Record<string, unknown>;

  it('gives the browser a device cookie for its next sign-in', async () => {
    await start();
    const reply = await post('signin', body);
    expect(reply.cookies.find(({ name }) => name === 'device')).toMatchObject({
      value: 'a-device.its-proof',
      path: '/api/v1/auths',
      httpOnly: true,
      sameSite: 'Lax',
    });
    await post('signin', body, { cookies: { device: 'a-device.its-proof' } });
    expect(lastRequest()).toMatchObject({ device: 'a-device.its-proof', email: 'ada@localhost' });
    await post('signin', body, { cookies: { device: 'x'.repeat(5_000) } });
    expect(lastRequest().device).toBeUndefined();
  });

  it.each([
    ['of a client', {}, {}, false],
    ['behind an unconfigured proxy', {}, { 'x-forwarded-for': '198.51.100.1' }, true],
    ['behind a trusted proxy', { TRUSTED_PROXIES: '203.0.113.9' }, { 'x-forwarded-for': '198.51.100.1' }, false],
  ])('knows an address %s', async (_, source, headers, addressShared) => {
    await start(source);
    await post('signin', body, { headers, remoteAddress: '203.0.113.9' });
    expect(lastRequest()).toMatchObject({ addressShared });
  });

  it.each([
    ['on this machine', '127.0.0.1', '127.0.0.1', {}, true],
    ['on this machine, by IPv6', 'localhost', '::1', {}, true],
    ['elsewhere', '127.0.0.1', '203.0.113.9', {}, false],
    ['forwarded by a process on this machine', '127.0.0.1', '127.0.0.1', { 'x-forwarded-for': '198.51.100.1' }, false],
    ['on this machine, while others may connect', '0.0.0.0', '127.0.0.1', {}, false],
    ['on this machine, by its address', '127.0.0.1', '127.0.0.1', { host: '127.0.0.1:8080' }, true],
    ['on this machine, by its IPv6 address', '::1', '::1', { host: '[::1]:8080' }, true],
    ['on this machine, by a name below localhost', '127.0.0.1', '127.0.0.1', { host: 'chat.localhost:8080' }, true],
    ['whose page is a stranger’s', '127.0.0.1', '127.0.0.1', { host: 'evil.example:8080' }, false],
    ['whose page looks local', '127.0.0.1', '127.0.0.1', { host: '127.0.0.1.evil.example:8080' }, false],
  ])('a client %s: may make the first account without a secret?', async (_, HOST, remoteAddress, headers, local) => {
    await start({ HOST });
    await post('signup', { ...body, name: 'Ada', setup_secret: 'AAAA' }, { headers, remoteAddress });
    expect(lastRequest()).toMatchObject({ local, setupSecret: 'AAAA' });
    const config = await edge.app.inject({ url: '/api/config', headers, remoteAddress });
    expect(config.json<{ setup_secret?: boolean }>().setup_secret).toBe(local ? undefined : true);
  });

  it.each([
    ['signup', { ...body, name: 'Ada', password: 'short' }, 'password'],
    ['add', { ...body, name: 'Ada', password: 'short' }, 'password'],
    ['update/password', { password: 'old', new_password: 'short' }, 'new_password'],
  ])('%s takes no short password', async (path, payload, field) => {
    await start();
    const reply = await post(path, payload, { headers: edge.account('admin').headers });
    expect(reply.statusCode).toBe(422);
    expect(reply.json<{ detail: string }>().detail).toBe(`${field}: must have at least 8 characters`);
  });

  describe('the settings of sign-up', () => {
    const config = () => edge.app.inject({ url: '/api/v1/auths/admin/config', headers: edge.account('admin').headers });
    const save = (payload: object) => post('admin/config', payload, { headers: edge.account('admin').headers });

    beforeEach(async () => {
      await start();
      edge.rpc
        .on(registration.settings, () => ({ signUp: false, defaultRole: 'pending' as const, sessionLifetime: '4w' }))
        .on(registration.updateSettings, () => ({ signUp: true, defaultRole: 'pending' as const }))
        .on(settings.updateGeneral, () => ({}))
        .on(settings.version, () => ({ version: 1 }))
        .on(settings.get, () =>
          SettingsSchema.parse({
            version: 1,
            name: 'Library',
            defaultLocale: '',
            defaultModels: null,
            banners: [],
            tasks: { titleGeneration: true, titlePrompt: '', taskModel: null },
          }),
        );
    });

    it('are kept by two services, and a client may send back all that it was given', async () => {
      const shown = (await config()).json<Record<string, unknown>>();
      expect(shown).toMatchObject({
        ENABLE_SIGNUP: false,
        DEFAULT_USER_ROLE: 'pending',
        JWT_EXPIRES_IN: '4w',
        WEBUI_NAME: 'Library',
        ENABLE_CHANNELS: false,
        ENABLE_LOGIN_FORM: true,
      });
      const reply = await save({ ...shown, ENABLE_SIGNUP: true, ADMIN_EMAIL: '', WEBUI_NAME: 'Archive' });
      expect(reply.statusCode).toBe(200);
      const [general, admission] = ['config.settings.updateGeneral', 'auth.registration.updateSettings'].map(
        (pattern) => edge.rpc.calls.find((call) => call.pattern === pattern)?.request,
      );
      expect(general).toEqual({ name: 'Archive', pendingTitle: '', pendingContent: '' });
      expect(admission).toEqual({ signUp: true, defaultRole: 'pending' });
    });

    it('go to the service that keeps them, and only what was sent', async () => {
      await save({ DEFAULT_USER_ROLE: 'user' });
      expect(edge.rpc.commands).not.toContain('config.settings.updateGeneral');
      expect(edge.rpc.calls.find(({ pattern }) => pattern.endsWith('updateSettings'))?.request).toEqual({
        defaultRole: 'user',
      });
    });

    it.each([
      [{ ENABLE_MFA: true }, 'ENABLE_MFA: cannot be changed, because this installation has no such feature'],
      [{ ENABLE_LOGIN_FORM: false }, 'ENABLE_LOGIN_FORM: cannot be changed'],
      [{ JWT_EXPIRES_IN: '1h' }, 'JWT_EXPIRES_IN: is set by the environment variable'],
      [{ DEFAULT_USER_ROLE: 'king' }, 'DEFAULT_USER_ROLE'],
    ])('are refused as a whole with %o', async (wrong, detail) => {
      const reply = await save({ ENABLE_SIGNUP: true, WEBUI_NAME: 'Archive', ...wrong });
      expect(reply.statusCode).toBe(422);
      expect(reply.json<{ detail: string }>().detail).toContain(detail);
      expect(edge.rpc.commands.filter((pattern) => pattern.includes('update'))).toEqual([]);
    });
  });

  it('adds an account in its whole shape, with an empty token', async () => {
    await start();
    const reply = await post('add', { ...body, name: 'Ada' }, { headers: edge.account('admin').headers });
    expect(reply.json()).toMatchObject({ token: '', token_type: 'Bearer', role: 'user', name: 'The user' });
    expect(Object.keys(reply.json<object>()).sort()).toEqual(
      ['email', 'id', 'name', 'profile_image_url', 'role', 'token', 'token_type'].sort(),
    );
  });
});
