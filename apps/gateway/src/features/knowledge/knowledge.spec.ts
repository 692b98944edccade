import { randomUUID } from 'node:crypto';
import { users } from '@perennial/contracts-auth';
import { type Call, CallError } from '@perennial/contracts-kernel';
import {
  knowledge as knowledgeCalls,
  type KnowledgeBase,
  knowledgeDirectories as directoryCalls,
  type StoredFile,
} from '@perennial/contracts-retrieval';
import type { KnowledgeDirectory } from '@perennial/contracts-wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge, userOf } from '../../../test/edge';

/** The routes of knowledge bases at the edge; retrieval's replies come from a table. */
describe('knowledge bases at the edge', () => {
  let edge: Edge;
  let user: ReturnType<Edge['account']>;
  let admin: ReturnType<Edge['account']>;
  let base: KnowledgeBase;
  let file: StoredFile;
  let directory: KnowledgeDirectory;
  beforeAll(async () => {
    edge = await startEdge();
    user = edge.account('user');
    admin = edge.account('admin');
    base = {
      id: randomUUID(),
      user_id: user.user.id,
      name: 'Handbook',
      description: 'What we do',
      meta: null,
      access_grants: [],
      file_count: 2,
      write_access: true,
      created_at: 1_700_000_000,
      updated_at: 1_700_000_001,
    };
    directory = {
      id: randomUUID(),
      knowledge_id: base.id,
      parent_id: null,
      name: 'Law',
      user_id: user.user.id,
      created_at: 1,
      updated_at: 2,
    };
    file = {
      id: randomUUID(),
      user_id: user.user.id,
      hash: 'b'.repeat(64),
      filename: 'a.md',
      data: { status: 'completed' },
      meta: {
        name: 'a.md',
        content_type: 'text/markdown',
        size: 3,
        file_hash: 'a'.repeat(64),
        data: { knowledge_id: base.id },
        collection_name: base.id,
      },
      created_at: 1,
      updated_at: 2,
    };
  });
  afterAll(() => edge.close());
  beforeEach(() => edge.rpc.calls.splice(0));

  const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, as = user.headers) =>
    edge.app.inject({
      method,
      url: `/api/v1/knowledge${url}`,
      headers: as,
      ...(payload ? { payload } : {}),
    });
  const asked = (call: Call) => edge.rpc.calls.filter(({ pattern }) => pattern === call.pattern).at(-1)?.request;
  const owner = ({ user: { id, name, role, email } }: ReturnType<Edge['account']>) => ({ id, name, role, email });
  const shown = () => {
    const { file_count: _, ...rest } = base;
    return { ...rest, files: null };
  };

  it('are listed with their owner, without a call for the caller’s own', async () => {
    edge.rpc.on(knowledgeCalls.list, () => ({ items: [base], total: 1 }));
    expect((await ask('GET', '/?page=2')).json()).toEqual({ items: [{ ...base, user: owner(user) }], total: 1 });
    expect(asked(knowledgeCalls.list)).toEqual({ page: 2 });
    expect(edge.rpc.commands).toEqual([knowledgeCalls.list.pattern]);
  });

  it('of others are found by administrators, with the owner’s name if it is known', async () => {
    const [known, gone] = [userOf('user'), randomUUID()];
    edge.rpc.on(users.get, ({ userId }) => {
      if (userId === known.id) return known;
      throw new CallError('NOT_FOUND', 'gone');
    });
    edge.rpc.on(knowledgeCalls.search, () => ({
      items: [
        { ...base, user_id: known.id },
        { ...base, user_id: gone },
      ],
      total: 2,
    }));
    const reply = await ask('GET', '/search?query=hand&order_by=name&direction=asc', undefined, admin.headers);
    const items = reply.json<{ items: { user: unknown }[] }>().items;
    expect(items.map((item) => item.user)).toEqual([owner({ ...admin, user: known }), null]);
    expect(asked(knowledgeCalls.search)).toEqual({
      query: 'hand',
      all: true,
      orderBy: 'name',
      direction: 'asc',
      page: 1,
    });
    await ask('GET', '/search?view_option=created', undefined, admin.headers);
    expect(asked(knowledgeCalls.search)).toMatchObject({ all: false });
    await ask('GET', '/search');
    expect(asked(knowledgeCalls.search)).toMatchObject({ all: false, orderBy: 'updated_at', direction: 'desc' });
  });

  it('are made, shown, changed, emptied and deleted', async () => {
    for (const call of [knowledgeCalls.create, knowledgeCalls.get, knowledgeCalls.update, knowledgeCalls.reset])
      edge.rpc.on(call, () => base);
    edge.rpc.on(knowledgeCalls.remove, () => ({ deleted: true }));
    const form = { name: ' Handbook ', description: 'What we do', access_grants: [] };
    expect((await ask('POST', '/create', form)).json()).toEqual(shown());
    expect(asked(knowledgeCalls.create)).toEqual({ name: 'Handbook', description: 'What we do' });
    expect((await ask('GET', `/${base.id}`)).json()).toEqual(shown());
    expect((await ask('POST', `/${base.id}/update`, form)).json()).toEqual(shown());
    expect(asked(knowledgeCalls.update)).toEqual({ knowledgeId: base.id, name: 'Handbook', description: 'What we do' });
    expect((await ask('POST', `/${base.id}/reset`, {})).json()).toEqual(shown());
    expect((await ask('DELETE', `/${base.id}/delete`)).json()).toBe(true);
  });

  it('list their files as the wire has them', async () => {
    const placed = { ...file, directory_id: directory.id, directory_path: 'Law' };
    edge.rpc.on(knowledgeCalls.files, () => ({
      items: [placed],
      directories: [directory],
      breadcrumbs: [directory],
      total: 1,
    }));
    const listed = { ...placed, has_original: true, user: owner(user) };
    const page = (item: object, directories: object[] = []) => ({
      items: [item],
      directories,
      breadcrumbs: directories,
      total: 1,
    });
    const reply = await ask('GET', `/${base.id}/files?page=2&query=a&order_by=nonsense&direction=asc&directory_id=`);
    expect(reply.json()).toEqual(page(listed, [directory]));
    expect(asked(knowledgeCalls.files)).toEqual({
      knowledgeId: base.id,
      directoryId: null,
      query: 'a',
      orderBy: 'updated_at',
      direction: 'asc',
      page: 2,
      limit: 30,
    });
    await ask('GET', `/${base.id}/files?directory_id=${directory.id}`);
    expect(asked(knowledgeCalls.files)).toMatchObject({ directoryId: directory.id });
    await ask('GET', `/${base.id}/files`);
    expect(asked(knowledgeCalls.files)).toMatchObject({ directoryId: undefined });
    const knowledge = { id: base.id, name: base.name };
    edge.rpc.on(knowledgeCalls.searchFiles, () => ({ items: [{ ...placed, knowledge }], total: 1 }));
    expect((await ask('GET', '/search/files?query=a')).json()).toEqual(page({ ...listed, knowledge }));
  });

  it('accept files and release them', async () => {
    for (const call of [knowledgeCalls.addFiles, knowledgeCalls.updateFile, knowledgeCalls.removeFile])
      edge.rpc.on(call, () => base);
    const body = { file_id: file.id, directory_id: null };
    expect((await ask('POST', `/${base.id}/file/add`, body)).json()).toEqual(shown());
    expect(asked(knowledgeCalls.addFiles)).toEqual({ knowledgeId: base.id, fileIds: [file.id], directoryOf: {} });
    const other = randomUUID();
    const placed = { file_id: other, directory_id: directory.id };
    expect((await ask('POST', `/${base.id}/files/batch/add`, [body, placed])).json()).toEqual(shown());
    expect(asked(knowledgeCalls.addFiles)).toEqual({
      knowledgeId: base.id,
      fileIds: [file.id, other],
      directoryOf: { [other]: directory.id },
    });
    expect((await ask('POST', `/${base.id}/file/update`, body)).json()).toEqual(shown());
    expect((await ask('POST', `/${base.id}/file/remove`, body)).json()).toEqual(shown());
    expect(asked(knowledgeCalls.removeFile)).toMatchObject({ fileId: file.id, deleteFile: true });
    await ask('POST', `/${base.id}/file/remove?delete_file=false`, body);
    expect(asked(knowledgeCalls.removeFile)).toMatchObject({ deleteFile: false });
    const duplicate = 'Duplicate content detected. Please provide unique content to proceed.';
    edge.rpc.fails(knowledgeCalls.addFiles, new CallError('INVALID_ARGUMENT', duplicate));
    const refused = await ask('POST', `/${base.id}/file/add`, body);
    expect([refused.statusCode, refused.json()]).toMatchObject([400, { detail: duplicate }]);
  });

  it('have directories, which are made, changed and removed', async () => {
    edge.rpc.on(directoryCalls.create, () => directory);
    edge.rpc.on(directoryCalls.update, () => directory);
    edge.rpc.on(directoryCalls.remove, () => ({ removed: true, files: 2 }));
    const at = { knowledgeId: base.id, directoryId: directory.id };
    const parent = randomUUID();
    expect((await ask('POST', `/${base.id}/dirs/create`, { name: ' Law ' })).json()).toEqual(directory);
    expect(asked(directoryCalls.create)).toEqual({ knowledgeId: base.id, name: 'Law', parentId: null });
    const one = `/${base.id}/dirs/${directory.id}`;
    await ask('POST', `${one}/update`, { name: 'Tax' });
    expect(asked(directoryCalls.update)).toEqual({ ...at, name: 'Tax' });
    await ask('POST', `${one}/update`, { parent_id: null });
    expect(asked(directoryCalls.update)).toEqual({ ...at, parentId: null });
    await ask('POST', `${one}/update`, { parent_id: parent });
    expect(asked(directoryCalls.update)).toEqual({ ...at, parentId: parent });
    expect((await ask('DELETE', `${one}/delete`)).json()).toEqual({ status: true });
    expect(asked(directoryCalls.remove)).toEqual({ ...at, moveFiles: true });
    await ask('DELETE', `${one}/delete?move_files=false`);
    expect(asked(directoryCalls.remove)).toEqual({ ...at, moveFiles: false });
    const missing = { problem: 'directory_not_found' as const };
    edge.rpc.fails(directoryCalls.remove, new CallError('NOT_FOUND', 'There is no such directory.', missing));
    const detail = 'There is no such directory in this knowledge base.';
    for (const url of [`${one}/delete`, `/${base.id}/dirs/not-an-id/delete`])
      expect((await ask('DELETE', url)).json()).toMatchObject({ code: 'directory_not_found', detail });
  });

  it('give their files to directories and to other bases', async () => {
    edge.rpc.on(knowledgeCalls.moveFile, () => ({ moved: true }));
    const moved = { knowledgeId: base.id, fileId: file.id, directoryId: null };
    expect((await ask('POST', `/${base.id}/file/move`, { file_id: file.id })).json()).toEqual({ status: true });
    expect(asked(knowledgeCalls.moveFile)).toEqual(moved);
    const to = randomUUID();
    await ask('POST', `/${base.id}/file/move`, { file_id: file.id, directory_id: directory.id, knowledge_id: to });
    expect(asked(knowledgeCalls.moveFile)).toEqual({ ...moved, directoryId: directory.id, toKnowledgeId: to });
  });

  it('are read again, one by its owner', async () => {
    edge.rpc.on(knowledgeCalls.reindex, () => ({ queued: 5 }));
    expect((await ask('POST', `/${base.id}/reindex`, {})).json()).toEqual({ status: true, queued: 5 });
    expect(asked(knowledgeCalls.reindex)).toEqual({ knowledgeId: base.id });
  });

  it('are all read again for an administrator only', async () => {
    edge.rpc.on(knowledgeCalls.reindex, () => ({ queued: 5 }));
    const refused = await ask('POST', '/reindex', {});
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { detail: 'Only an administrator may do this.' }]);
    expect((await ask('POST', '/reindex', {}, admin.headers)).json()).toBe(true);
  });

  const id = randomUUID();
  const body = { file_id: randomUUID() };
  const directoryId = randomUUID();
  it.each<['GET' | 'POST' | 'DELETE', string, object | undefined, Call]>([
    ['GET', '', undefined, knowledgeCalls.get],
    ['POST', '/update', { name: 'x' }, knowledgeCalls.update],
    ['POST', '/reset', {}, knowledgeCalls.reset],
    ['DELETE', '/delete', undefined, knowledgeCalls.remove],
    ['GET', '/files', undefined, knowledgeCalls.files],
    ['POST', '/reindex', {}, knowledgeCalls.reindex],
    ['POST', '/dirs/create', { name: 'x' }, directoryCalls.create],
    ['POST', `/dirs/${directoryId}/update`, { name: 'x' }, directoryCalls.update],
    ['DELETE', `/dirs/${directoryId}/delete`, undefined, directoryCalls.remove],
    ['GET', '/files/pending', undefined, knowledgeCalls.pending],
  ])(
    '%s …%s answers the same for a missing base, another user’s base and an invalid id',
    async (method, path, payload, call) => {
      const detail = 'There is no such knowledge base, or it is not yours.';
      edge.rpc.fails(call, new CallError('NOT_FOUND', 'There is no such knowledge base.'));
      const reply = await ask(method, `/${id}${path}`, payload);
      expect([reply.statusCode, reply.json()]).toMatchObject([404, { detail }]);
      edge.rpc.calls.splice(0);
      const none = await ask(method, `/not-an-id${path}`, payload);
      expect([none.statusCode, none.json()]).toMatchObject([404, { detail }]);
      expect(edge.rpc.commands).toEqual([]);
    },
  );

  it.each<[string, Call]>([
    ['/file/add', knowledgeCalls.addFiles],
    ['/file/update', knowledgeCalls.updateFile],
    ['/file/remove', knowledgeCalls.removeFile],
    ['/file/move', knowledgeCalls.moveFile],
  ])('…%s says whether the base or the file is missing', async (path, call) => {
    edge.rpc.fails(call, new CallError('NOT_FOUND', 'There is no such file.'));
    const reply = await ask('POST', `/${id}${path}`, body);
    expect([reply.statusCode, reply.json()]).toMatchObject([404, { detail: 'There is no such file.' }]);
    edge.rpc.calls.splice(0);
    const none = await ask('POST', `/${id}${path}`, { file_id: 'x' });
    expect([none.statusCode, none.json()]).toMatchObject([
      404,
      { detail: 'There is no such file, or it is not yours.' },
    ]);
    expect(edge.rpc.commands).toEqual([]);
  });

  it.each<['GET' | 'POST', string, object | undefined, string]>([
    ['GET', '/?page=x', undefined, 'page: must be a number'],
    ['POST', '/create', {}, 'name: is required'],
    ['POST', '/create', { name: '' }, 'name: must not be empty'],
    ['POST', '/create', { name: 'x', description: 7 }, 'description: must be a string'],
    ['POST', `/${id}/update`, { name: 'x'.repeat(201) }, 'name: too big: expected string to have <=200 characters'],
    ['POST', `/${id}/file/add`, {}, 'file_id: is required'],
    ['POST', `/${id}/file/add`, { file_id: 'x', directory_id: 7 }, 'directory_id: must be a string'],
    ['POST', `/${id}/file/move`, {}, 'file_id: is required'],
    ['POST', `/${id}/dirs/create`, { name: ' ' }, 'name: must not be empty'],
    ['POST', `/${id}/dirs/create`, { name: 'a/b' }, 'name: must not contain "/" or control characters'],
    ['POST', `/${id}/dirs/create`, { name: '..' }, 'name: must not be "." or ".."'],
    ['POST', `/${id}/dirs/${id}/update`, {}, 'body: must have a name or a parent_id'],
    ['POST', `/${id}/files/batch/add`, [], 'body: must name at least one file'],
    ['GET', `/${id}/files?limit=0`, undefined, 'limit: too small: expected number to be >=1'],
  ])('%s %s %o is 422 with a sentence', async (method, url, payload, detail) => {
    const reply = await ask(method, url, payload);
    expect([reply.statusCode, reply.json<{ detail: string }>().detail]).toEqual([422, detail]);
    expect(edge.rpc.commands).toEqual([]);
  });
});
