import { randomUUID } from 'node:crypto';
import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUsers } from './support/accounts';
import { ExistingClient } from './support/existing-client';
import { http } from './support/http';

const MODEL = 'sim-t60-r60-x';
const SLOW = 'sim-t600-r30-x';
const PASSWORD = 'correct horse battery staple';

const number = expect.any(Number) as number;
const string = expect.any(String) as string;
const boolean = expect.any(Boolean) as boolean;

/** The lists that the page of 0.12 loads when it opens, besides the configuration, in order. */
const LISTS = [
  '/api/v1/users/user/settings?raw=true',
  '/api/v1/configs/banners',
  '/api/v1/chats/all/tags',
  '/api/v1/notes/pinned',
  '/api/v1/tools/',
  '/api/v1/chats/?page=1',
  '/api/v1/chats/pinned',
  '/api/v1/folders/',
  '/api/v1/folders/shared',
  '/api/models',
  '/api/changelog',
  '/api/v1/terminals/',
  '/api/v1/functions/',
  '/api/v1/skills/',
  '/api/v1/channels/',
];

const CHAT = {
  id: string, user_id: string, title: string, updated_at: number, created_at: number, share_id: null, archived: false, pinned: false,
  meta: expect.any(Object) as object, variables: {}, folder_id: null, current_message_id: string,
}; // prettier-ignore

const LISTED = {
  title: string,
  updated_at: number,
  created_at: number,
  last_read_at: expect.anything() as number,
  active: boolean,
};

/**
 * The calls of a web client that was written for our wire (its version 0.12), in order: the client renders nothing, hangs, or shows an error
 * when one of them is missing or has another shape.
 */
describe('an existing client', () => {
  let simulator: Simulator;
  let system: RunningSystem;
  let client: ExistingClient;
  let userId: string;

  beforeAll(async () => {
    simulator = await startSimulator({ port: 0, models: [MODEL, SLOW] });
    system = await launchSystem({ env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' } });
    client = new ExistingClient(system.baseUrl);
  });

  afterAll(async () => {
    client?.close();
    await system?.stop();
    await simulator?.close();
  });

  const turn = (content: string, change: { model?: string; chatId?: string; parentId?: string } = {}) => {
    const { model = MODEL, chatId, parentId = null } = change;
    const [questionId, answerId] = [randomUUID(), randomUUID()];
    const body = {
      stream: true,
      model,
      params: { model_controls: {} },
      tool_ids: [],
      tool_servers: [],
      features: { voice: false, image_generation: false, code_interpreter: false, web_search: false, memory: false },
      variables: { '{{USER_NAME}}': 'Admin', '{{CURRENT_DATE}}': '2026-11-22' },
      chat_variables: {},
      model_item: { id: model, object: 'model', name: model, info: { params: {}, meta: {} }, tags: [] },
      session_id: client.socketId,
      ...(chatId ? { chat_id: chatId } : {}),
      id: answerId,
      message_ids: [{ model_id: model, message_id: answerId, modelIdx: 0 }],
      parent_id: parentId,
      user_message: {
        id: questionId,
        parentId,
        childrenIds: [answerId],
        role: 'user',
        user: { id: userId, name: 'Admin' },
        user_id: userId,
        content,
        timestamp: Math.floor(Date.now() / 1000),
        models: [model],
      },
      background_tasks: { title_generation: true, tags_generation: true, follow_up_generation: true },
    };
    return { body, questionId, answerId };
  };

  const send = async (body: object) => {
    const reply = await client.post<{ task_ids: string[]; chat_id: string }>('/api/chat/completions', body);
    expect(reply).toEqual({ status: true, task_ids: [string], chat_id: string });
    return reply;
  };

  const loadLists = async () => {
    const replies = await Promise.all(LISTS.map((path) => client.get<unknown>(path)));
    return Object.fromEntries(replies.map((reply, at) => [LISTS[at] as string, reply]));
  };

  it('first run: configuration, socket, version, sign-up, lists', async () => {
    const before = await client.get<Record<string, unknown>>('/api/config');
    expect(before).toMatchObject({
      onboarding: true,
      status: true,
      name: string,
      version: string,
      default_locale: string,
      i18n: {},
      oauth: { providers: {}, auto_redirect: false },
      features: {
        auth: true,
        auth_trusted_header: false,
        enable_signup_password_confirmation: false,
        enable_ldap: false,
        enable_signup: true,
        enable_login_form: true,
        enable_websocket: true,
      },
    });
    // Only the fields of the route are shown.
    expect(before).not.toHaveProperty('permissions');

    await client.connect();
    expect(await client.get('/api/version')).toEqual({ version: string, deployment_id: string });
    expect(await client.emit('user-join', { auth: { token: 'none yet' } })).toBeNull();

    const user = await client.post<{ id: string; token: string }>('/api/v1/auths/signup', {
      name: 'Admin',
      email: 'admin@example.com',
      password: PASSWORD,
      profile_image_url: '',
    });
    expect(user).toMatchObject({ token_type: 'Bearer', role: 'admin', email: 'admin@example.com', name: 'Admin' });
    expect(user).toMatchObject({ permissions: { workspace: {}, sharing: {}, chat: { controls: true }, features: {} } });
    userId = user.id;
    client.token = user.token;
    expect(await client.emit('user-join', { auth: { token: user.token } })).toEqual({ id: user.id, name: 'Admin' });

    const after = await client.get<Record<string, unknown>>('/api/config');
    expect(after).not.toHaveProperty('onboarding');
    expect(after).toMatchObject({
      features: { enable_channels: false, enable_notes: false, enable_folders: false, folder_max_file_count: string },
      default_models: null,
      code: { engine: string, interpreter_engine: string },
      audio: { tts: { engine: string, voice: string, split_on: string }, stt: { engine: string } },
      file: { max_size: null, max_count: null, image_compression: { width: null, height: null } },
      permissions: {
        workspace: { models: boolean },
        chat: { multiple_models: boolean },
        settings: { interface: true },
      },
      ui: { response_watermark: string },
    });

    const lists = await loadLists();
    expect(lists['/api/v1/users/user/settings?raw=true']).toBeNull();
    for (const path of LISTS.filter((each) => !/settings|models|changelog/.test(each))) expect(lists[path]).toEqual([]);
    const { data } = lists['/api/models'] as { data: unknown[] };
    expect(data).toContainEqual(
      expect.objectContaining({
        id: MODEL, name: string, object: 'model', created: number, owned_by: string, connection_type: 'external', urlIdx: 0,
        tags: [], actions: [], filters: [],
      }),
    ); // prettier-ignore
    expect(await client.post('/api/v1/auths/update/timezone', { timezone: 'Europe/Berlin' })).toBeTruthy();
    const settings = { ui: { version: '0.12.4', userLocation: false } };
    expect(await client.post('/api/v1/users/user/settings/update', settings)).toEqual(settings);
    for (const picture of [
      `/api/v1/users/${user.id}/profile/image`,
      `/api/v1/models/model/profile/image?id=${MODEL}&lang=en`,
    ]) {
      const reply = await fetch(system.baseUrl + picture, { headers: { authorization: `Bearer ${user.token}` } });
      expect([picture, reply.status, reply.headers.get('content-type')]).toEqual([
        picture,
        200,
        expect.stringMatching(/^image\//),
      ]);
    }
  });

  it('a later load: the token is still valid', async () => {
    client.close();
    await client.connect();
    expect(await client.emit('user-join', { auth: { token: client.token } })).toEqual({ id: userId, name: 'Admin' });
    expect(await client.get('/api/v1/auths/')).toMatchObject({
      id: userId, role: 'admin', token: string, token_type: 'Bearer', expires_at: number, status_emoji: null, status_message: null,
      status_expires_at: null, bio: null, gender: null, date_of_birth: null, permissions: { chat: {} },
    }); // prettier-ignore
    expect(await client.get('/api/config')).toMatchObject({ features: {}, permissions: {} });
    expect((await loadLists())['/api/v1/users/user/settings?raw=true']).toMatchObject({ ui: { version: '0.12.4' } });
  });

  it('a message in a new chat: events in order, then the stored chat', async () => {
    const { body, questionId, answerId } = turn('the first words');
    client.forget();
    const { chat_id: chatId } = await send(body);
    await client.heard((event) => event.type === 'chat:active' && event.active === true);
    expect(client.types().slice(0, 2)).toEqual(['chat:list', 'chat:active']);
    expect(await client.emit('events:chat', { chat_id: chatId, data: { type: 'join' } })).toBe(true);
    await client.heard((event) => event.type === 'chat:presence');
    expect(client.last('chat:presence')?.data).toEqual({ users: [{ id: userId, name: 'Admin' }] });

    await client.heard((event) => event.type === 'chat:active' && event.active === false);
    // The worker says by itself that the chat is idle, and that may come before the end of the answer.
    await client.heard(({ type, data }) => type === 'chat:completion' && (data as { done?: true }).done === true);
    await client.heard((event) => event.type === 'chat:title');
    const own = client.events.filter((event) => event.message_id === answerId);
    expect(own.every((event) => event.chat_id === chatId)).toBe(true);

    const answer = own.filter(({ type }) => type === 'response:completion');
    expect(answer[0]?.data).toMatchObject({
      object: 'chat.completion.chunk',
      model: MODEL,
      choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
    });
    const deltas = answer.slice(1).map(({ data }) => data as { type: string; delta: string; item_id: string });
    const whole = expectedText(MODEL, 'the first words', 60);
    expect(new Set(deltas.map(({ type }) => type))).toEqual(new Set(['response.output_text.delta']));
    expect(new Set(deltas.map(({ item_id }) => item_id)).size).toBe(1);
    expect(deltas.map(({ delta }) => delta).join('')).toBe(whole);

    const ends = own.filter(({ type }) => type === 'chat:completion').map(({ data }) => data);
    const [finish, done] = ends.slice(-2);
    expect(finish).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }] });
    expect(done).toMatchObject({
      done: true,
      output: [{ type: 'message', id: deltas[0]?.item_id, status: 'completed', role: 'assistant', content: [{ type: 'output_text', text: whole }] }],
    }); // prettier-ignore
    // The join may have been answered with the text so far in between.
    expect(own.filter(({ type }) => /^(response|chat):completion$/.test(type)).slice(-2)).toEqual(
      own.filter(({ type }) => type === 'chat:completion').slice(-2),
    );
    const order = own.map(({ type }) => type);
    expect(order.lastIndexOf('chat:completion')).toBeLessThan(order.lastIndexOf('chat:active'));

    const title = client.last('chat:title')?.data as unknown as string;
    expect(title).toEqual(expect.stringMatching(/\S/));
    client.forget();
    expect(await client.emit('events:chat', { chat_id: chatId, data: { type: 'last_read_at' } })).toBe(true);
    await client.heard((event) => event.type === 'chat:list' && event.chat_id === chatId);

    const chat = await client.get<{ chat: { history: { messages: Record<string, unknown> } } }>(
      `/api/v1/chats/${chatId}`,
    );
    expect(chat).toMatchObject({ ...CHAT, id: chatId, user_id: userId, title, current_message_id: answerId });
    expect(chat.chat).toMatchObject({
      title,
      models: [MODEL],
      timestamp: number,
      history: {
        currentId: answerId,
        messages: {
          [questionId]: { id: questionId, parentId: null, childrenIds: [answerId], role: 'user', content: 'the first words', timestamp: number, models: [MODEL] },
          [answerId]: { id: answerId, parentId: questionId, childrenIds: [], role: 'assistant', content: whole, model: MODEL, modelName: string, modelIdx: 0, done: true },
        },
      },
    }); // prettier-ignore
    for (const path of ['/api/v1/chats/?page=1', '/api/v1/chats/search?text=first%20words'])
      expect((await client.get<object[]>(path))[0]).toMatchObject({ ...LISTED, id: chatId, title, active: false });
    expect(await client.get(`/api/v1/chats/${chatId}/tags`)).toEqual([]);
  });

  it('a page that opens a chat during an answer, then Stop, then the next message', async () => {
    const first = turn('a long story', { model: SLOW });
    const { chat_id: chatId, task_ids: tasks } = await send(first.body);
    await client.heard((event) => event.type === 'response:completion' && event.message_id === first.answerId);

    const other = new ExistingClient(system.baseUrl, client.token);
    await other.connect();
    expect(await other.emit('user-join', { auth: { token: client.token } })).toEqual({ id: userId, name: 'Admin' });
    expect(await other.emit('events:chat', { chat_id: chatId, data: { type: 'join' } })).toBe(true);
    const chat = await other.get<{
      chat: { history: { messages: Record<string, { content: string; done: boolean }> } };
    }>(`/api/v1/chats/${chatId}`);
    const story = expectedText(SLOW, 'a long story', 600);
    const soFar = chat.chat.history.messages[first.answerId];
    expect(soFar?.done).toBe(false);
    expect(story.startsWith(soFar?.content ?? '?')).toBe(true);
    expect(await other.get(`/api/tasks/chat/${chatId}`)).toEqual({ task_ids: tasks });
    expect((await other.get<object[]>('/api/v1/chats/?page=1'))[0]).toMatchObject({ id: chatId, active: true });
    // The text so far as one event, then further deltas.
    await other.heard((event) => event.type === 'chat:completion' && event.message_id === first.answerId);
    const text = (event: { data: unknown } | undefined) =>
      (event?.data as { output?: { content: { text: string }[] }[] }).output?.[0]?.content[0]?.text ?? '';
    expect(story.startsWith(text(other.last('chat:completion')))).toBe(true);
    other.forget();
    await other.heard((event) => event.type === 'response:completion');

    client.forget();
    expect(await client.post(`/api/tasks/chat/${chatId}/stop`, {})).toEqual({ status: true, message: string });
    for (const page of [client, other]) {
      await page.heard((event) => event.type === 'chat:tasks:cancel');
      expect(page.last('chat:tasks:cancel')?.data).toMatchObject({
        output: [{ type: 'message', status: 'incomplete' }],
      });
      await page.heard((event) => event.type === 'chat:active' && event.active === false);
    }
    other.close();
    expect(await client.get(`/api/tasks/chat/${chatId}`)).toEqual({ task_ids: [] });
    const kept = text(client.last('chat:tasks:cancel'));
    expect(kept.length).toBeGreaterThan(0);

    const second = turn('go on', { chatId, parentId: first.answerId });
    client.forget();
    expect((await send(second.body)).chat_id).toBe(chatId);
    await client.heard((event) => event.type === 'chat:active' && event.active === false);
    const { history } = (await client.get<typeof chat>(`/api/v1/chats/${chatId}`)).chat;
    expect(history.messages[first.answerId]).toMatchObject({
      content: kept,
      done: true,
      childrenIds: [second.questionId],
    });
    expect(history.messages[second.answerId]).toMatchObject({ content: expectedText(MODEL, 'go on', 60), done: true });
  });

  it('rename, delete', async () => {
    const chats = await client.get<{ id: string }[]>('/api/v1/chats/?page=1');
    const id = chats[0]?.id ?? '';
    expect(await client.post(`/api/v1/chats/${id}`, { chat: { title: 'Another name' } })).toMatchObject({
      id,
      title: 'Another name',
      chat: { title: 'Another name', history: { currentId: string } },
    });
    expect((await client.get<object[]>('/api/v1/chats/?page=1'))[0]).toMatchObject({ id, title: 'Another name' });
    expect(await client.delete(`/api/v1/chats/${id}`)).toBe(true);
    const gone = await http('GET', `${system.baseUrl}/api/v1/chats/${id}`, { token: client.token });
    expect([gone.status, gone.body]).toEqual([401, { detail: string, code: 'chat_not_found' }]);
    expect(await client.get('/api/v1/chats/?page=1')).toHaveLength(chats.length - 1);
  });

  it('an administrator’s pages: connections and users', async () => {
    expect(await client.get('/ollama/config')).toMatchObject({ ENABLE_OLLAMA_API: boolean, OLLAMA_BASE_URLS: [] });
    const config = await client.get<Record<string, unknown>>('/openai/config');
    expect(config).toMatchObject({ ENABLE_OPENAI_API: true, OPENAI_API_BASE_URLS: [`${simulator.url}/v1`] });
    expect(JSON.stringify(config)).not.toContain('simulated');
    const options = { auth_type: 'bearer', forward_cookies: false, passthrough_params: [] };
    const server = { url: `${simulator.url}/v1`, key: 'k', config: options };
    expect(await client.post('/openai/verify', server)).toMatchObject({
      object: 'list',
      data: expect.any(Array) as [],
    });
    const change = { ...config, OPENAI_API_CONFIGS: { 0: { enable: true, tags: [], prefix_id: '', model_ids: [], connection_type: 'external', ...options } } }; // prettier-ignore
    expect(await client.post('/openai/config/update', change)).toEqual(change);
    expect(await client.get('/api/models?refresh=true')).toMatchObject({ data: expect.any(Array) as [] });
    const [user] = await addUsers(system.baseUrl, { id: userId, name: 'Admin', token: client.token }, 1);
    expect(await client.get('/api/v1/users/?page=1&order_by=created_at&direction=asc')).toMatchObject({
      users: [{ id: userId, role: 'admin', group_ids: [] }, { id: user?.id, role: 'user', last_active_at: number }],
      total: 2,
    }); // prettier-ignore
    expect(await client.get('/api/v1/groups/?share=true')).toEqual([]);
  });

  it('sign out: the token is invalid, and the socket closed', async () => {
    expect(await client.get('/api/usage')).toEqual({ model_ids: [], user_count: 1 });
    const cut = client.disconnected();
    expect(await client.post('/api/v1/auths/signout', {})).toEqual({ status: true });
    await cut;
    expect((await http('GET', `${system.baseUrl}/api/v1/auths/`, { token: client.token })).status).toBe(401);
    expect(await client.get<object>('/api/config')).not.toHaveProperty('permissions');
  });
});
