import { text } from 'node:stream/consumers';
import { ConnectionKindSchema, connections, settings as configSettings } from '@perennial/contracts-config';
import type { Call, CallRequest } from '@perennial/contracts-kernel';
import { embedding, retrievalSettings } from '@perennial/contracts-retrieval';
import { z } from 'zod';
import { type Caller, withCalls } from '../calls';
import type { AddCommands } from '../command';
import { CommandError, UsageError } from '../failure';
import type { Result } from '../output';

/** Settings that administrators change while the system runs. */
export const settings: AddCommands = (program, add) =>
  program.command('settings', 'Settings that can be changed while the system runs', (argv) => {
    add(argv, {
      name: 'get [key]',
      describe: 'Show all settings, a group, or one: retrieval, retrieval.TOP_K, config.banners, connections.openai …',
      options: (options) => options.positional('key', { type: 'string' }),
      run: ({ key }) => withCalls(async (call) => shown(await read(call, key), key)),
    });
    add(argv, {
      name: 'set <key> [value]',
      describe:
        'Change one, or some of a group by a JSON object; the value is JSON or text, and is read from standard input when absent (keys of providers)',
      options: (options) =>
        options.positional('key', { type: 'string', demandOption: true }).positional('value', { type: 'string' }),
      run: async ({ key, value }) => {
        const given = parse(value ?? (await text(process.stdin)).trim());
        return withCalls(async (call) => {
          await write(call, key, given);
          return shown(await read(call, key), key);
        });
      },
    });
    return argv.demandCommand(1, 'Name a command of settings.');
  });

/** How each group is read; a group whose service does not run disturbs no other. */
const GROUPS: Record<string, (call: Caller) => Promise<Record<string, unknown>>> = {
  config: async (call) => without(await call(configSettings.get, {}), 'version'),
  connections: async (call) => {
    const sets = await Promise.all(ConnectionKindSchema.options.map((kind) => call(connections.get, { kind })));
    return Object.fromEntries(sets.map(({ kind, ...set }) => [kind, set]));
  },
  retrieval: async (call) => (await call(retrievalSettings.get, {})).settings,
  embedding: async (call) => without(await call(embedding.get, {}), 'version', 'index'),
};

function without(record: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

/** A group, or one setting of it: `retrieval.TOP_K`. */
function split(key: string): { group: string; name: string } {
  const at = key.indexOf('.');
  return at < 0 ? { group: key, name: '' } : { group: key.slice(0, at), name: key.slice(at + 1) };
}

/** All settings, those of a group, or one. Keys of providers are masked. */
async function read(call: Caller, key?: string): Promise<unknown> {
  if (key === undefined) {
    const groups = Object.entries(GROUPS).map(async ([name, readGroup]) => [name, await readGroup(call)] as const);
    return Object.fromEntries(await Promise.all(groups));
  }
  const { group, name } = split(key);
  const settings = Object.hasOwn(GROUPS, group) ? await GROUPS[group]?.(call) : undefined;
  if (settings !== undefined && name === '') return settings;
  if (settings === undefined || !Object.hasOwn(settings, name))
    throw new UsageError(`There is no setting of that name. \`perennial settings get\` shows all.`);
  return settings[name];
}

async function write(call: Caller, key: string, value: unknown): Promise<void> {
  const { group, name } = split(key);
  const current = await read(call, key);
  const isSome = typeof value === 'object' && value !== null && (group === 'retrieval' || group === 'embedding');
  if (name === '' && !isSome)
    throw new UsageError('Name one setting, such as retrieval.TOP_K, or give an object with some of a group.');
  const changes = name === '' ? value : { [name]: value };
  switch (group) {
    case 'retrieval':
      await call(retrievalSettings.update, parseRequest(retrievalSettings.update, changes));
      return;
    case 'embedding':
      await call(embedding.update, parseRequest(embedding.update, changes));
      return;
    case 'connections': {
      if (typeof value !== 'object') throw new UsageError('The value is a JSON object with enabled and connections.');
      const set = { ...(current as object), ...value, kind: name };
      await call(connections.update, parseRequest(connections.update, set));
      return;
    }
    default:
      if (name !== 'banners')
        throw new CommandError(
          `config.${name} comes from the environment of the config service (docs/environment.md). Change it there, and restart that service.`,
        );
      await call(configSettings.updateBanners, parseRequest(configSettings.updateBanners, { banners: value }));
  }
}

/** @throws UsageError that says what is wrong with the value */
function parseRequest<C extends Call>(call: C, request: unknown): CallRequest<C> {
  const parsed = call.request.safeParse(request);
  if (!parsed.success) throw new UsageError(`The value does not fit:\n${z.prettifyError(parsed.error)}`);
  return request as CallRequest<C>;
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function shown(value: unknown, key = ''): Result {
  return { data: value, lines: flat(key, value) };
}

/** One line for each setting. */
function flat(path: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return [`${path} = ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, inner]) => flat(path === '' ? name : `${path}.${name}`, inner));
}
