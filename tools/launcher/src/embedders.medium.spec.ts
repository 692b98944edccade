import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchLocalEmbedder } from '@perennial/local-embedder';
import { Unavailable } from '@perennial/local-runtime';
import { guardDirectory, processExists, waitFor } from '@perennial/local-runtime/servers';
import { freshDatabase, redisUrl } from '@perennial/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaunchEvent, type LaunchOptions, launchSystem, ROOT, type RunningSystem, SERVICES } from './index';

/**
 * Real: Postgres, Redis, processes, ports. Not real: the services and the servers of `tools/`, which are small programs here that answer
 * everything; a service replies with its variables.
 */
const SERVICE = `
import { createServer } from 'node:http';
const answer = (request, response) => response.end(JSON.stringify(process.env));
if (process.env.PORT) createServer(answer).listen(Number(process.env.PORT), process.env.HOST);
createServer(answer).listen(Number(process.env.HEALTH_PORT), process.env.HEALTH_HOST);
process.on('SIGTERM', () => process.exit(0));
`;
const TOOL = `
import { createServer } from 'node:http';
const port = process.argv[process.argv.indexOf('--port') + 1];
createServer((request, response) => response.end(JSON.stringify(process.argv.slice(2)))).listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

/** Writes down what it is asked, and cannot do it the first time. */
const COMMAND_LINE = `
import { appendFileSync, readFileSync } from 'node:fs';
const asked = new URL('../../../asked', import.meta.url);
appendFileSync(asked, JSON.stringify({ args: process.argv.slice(2), redis: process.env.REDIS_URL }) + '\\n');
process.exitCode = readFileSync(asked, 'utf8').split('\\n').length > 2 ? 0 : 1;
`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'perennial-clone-'));
  const program = (path: string, source: string): void => {
    mkdirSync(join(root, path, 'dist'), { recursive: true });
    writeFileSync(join(root, path, 'dist', 'main.js'), source);
  };
  for (const service of SERVICES) program(join('apps', service), SERVICE);
  for (const tool of ['provider-simulator', 'local-model', 'local-embedder']) program(join('tools', tool), TOOL);
  program(join('apps', 'cli'), COMMAND_LINE);
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newHome(): string {
  const directory = mkdtempSync(join(tmpdir(), 'perennial-launch-'));
  guardDirectory(directory);
  return join(directory, 'home');
}

async function withSystem(options: LaunchOptions, work: (system: RunningSystem) => Promise<void>): Promise<void> {
  const system = await launchSystem({ root, home: newHome(), ...options });
  try {
    await work(system);
  } finally {
    await system.stop();
  }
}

async function variables(system: RunningSystem): Promise<Record<string, string>> {
  const { healthPort } = system.run.find(({ service }) => service === 'retrieval')!;
  return (await (await fetch(`http://127.0.0.1:${healthPort}/`)).json()) as Record<string, string>;
}
const embedders = (system: RunningSystem) =>
  system.run.filter(({ service }) => service === 'embedder' || service === 'simulator');

const SIMULATED = 'simulator-word-hashes';
/** Settings as the retrieval service would save them. */
async function save(url: string, settings: object, index?: object): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    CREATE SCHEMA IF NOT EXISTS retrieval;
    CREATE TABLE IF NOT EXISTS retrieval.settings (data jsonb);
    CREATE TABLE IF NOT EXISTS retrieval.index_builds (id uuid);
    CREATE TABLE IF NOT EXISTS retrieval.indexes (embedding jsonb, state text);
    TRUNCATE retrieval.settings, retrieval.indexes`);
  await client.query('INSERT INTO retrieval.settings VALUES ($1)', [JSON.stringify({ embedding: settings })]);
  if (index) await client.query(`INSERT INTO retrieval.indexes VALUES ($1, 'active')`, [JSON.stringify(index)]);
  await client.end();
}

/** Shared with `npm start` and the tests of the local embedder: fetched once. */
const EMBEDDER_DIR = join(ROOT, '.perennial', 'local-embedder');
const fetched = join(EMBEDDER_DIR, 'runtime');
const missing = await fetchLocalEmbedder({ kind: 'folder', path: '/models/mine' }, 'mine', { dir: EMBEDDER_DIR }).then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof Unavailable && !process.env['CI']) return error.message;
    throw error;
  },
);
if (missing) console.warn(`\n  NOT TESTED: the start of the local embedder, because ${missing}\n`);

describe('the embedder of documents', () => {
  it('is left to the environment on request, and documents stay in the home directory', async () => {
    const home = newHome();
    await withSystem({ home, env: { VECTOR_DB: 'qdrant' } }, async (system) => {
      const given = await variables(system);
      expect(given).toMatchObject({ DATA_DIR: join(home, 'data'), STORAGE_PROVIDER: 'local', VECTOR_DB: 'qdrant' });
      expect(given).not.toHaveProperty('RAG_LOCAL_EMBEDDER_URL');
      expect(embedders(system)).toEqual([]);
    });
  });

  it('is the simulator on request, with a name that says so, and stays the simulator at the next start', async () => {
    const home = newHome();
    const env = { DATABASE_URL: await freshDatabase('embedders'), REDIS_URL: redisUrl(), OPENAI_API_KEY: 'sk-own' };
    let pid = 0;
    let saved: object = {};
    await withSystem({ home, env, provider: 'simulator' }, async (system) => {
      const [simulator, ...others] = embedders(system);
      expect([simulator?.service, others]).toEqual(['simulator', []]);
      const url = `http://127.0.0.1:${simulator!.port}/v1`;
      expect(await variables(system)).toMatchObject({
        RAG_EMBEDDING_ENGINE: 'openai',
        RAG_EMBEDDING_MODEL: SIMULATED,
        RAG_OPENAI_API_BASE_URL: url,
        RAG_OPENAI_API_KEY: 'none',
      });
      pid = simulator!.pid;
      process.kill(pid, 'SIGKILL');
      await waitFor(() => embedders(system)[0] !== undefined && embedders(system)[0]!.pid !== pid);
      pid = embedders(system)[0]!.pid;
      saved = { engine: 'openai', model: SIMULATED, openai: { url } };
    });
    expect(await processExists(pid)).toBe(false);
    await save(env.DATABASE_URL, saved);
    await withSystem(
      { home, env: { ...env, LOCAL_EMBEDDER_FOLDER: '/nowhere' }, provider: 'simulator' },
      async (system) => {
        expect(embedders(system).map(({ service }) => service)).toContain('simulator');
        // The settings name it; the environment would be ignored.
        expect(await variables(system)).not.toHaveProperty('RAG_EMBEDDING_MODEL');
      },
    );
  });

  it.skipIf(missing !== undefined)(
    'changes from the simulator to the local embedder by itself, once the services can be asked',
    async () => {
      const home = newHome();
      const stores = {
        DATABASE_URL: await freshDatabase('embedders'),
        REDIS_URL: redisUrl(),
        OPENAI_API_KEY: 'sk-own',
      };
      const env = { ...stores, LOCAL_EMBEDDER_FOLDER: '/models/mine', RAG_EMBEDDING_MODEL: 'mine' };
      // The first start, which gives the simulator its port.
      let url = '';
      await withSystem({ home, env: stores, provider: 'simulator' }, (system) => {
        url = `http://127.0.0.1:${embedders(system)[0]!.port}/v1`;
        return Promise.resolve();
      });
      cpSync(fetched, join(home, 'local-embedder', 'runtime'), { recursive: true, verbatimSymlinks: true });
      await save(env.DATABASE_URL, { engine: 'openai', model: SIMULATED, openai: { url } });
      const asked = join(root, 'asked');
      await withSystem({ home, env, provider: 'auto' }, async (system) => {
        await waitFor(() => system.embedder.startsWith('embedded again'));
        expect(embedders(system).map(({ service }) => service)).toEqual(['simulator', 'embedder']);
        expect(system.embedder).toBe('embedded again by mine, in the background: searches use it when all are');
      });
      const change = { args: ['settings', 'set', 'embedding', '{"engine":"","model":"mine"}'], redis: env.REDIS_URL };
      expect(
        readFileSync(asked, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual([change, change]);
    },
  );

  it('is the one that the environment or the settings name, and none is started here', async () => {
    const env = { DATABASE_URL: await freshDatabase('embedders'), REDIS_URL: redisUrl() };
    const told: LaunchEvent[] = [];
    const start = (extra: Record<string, string>) =>
      withSystem(
        { env: { ...env, ...extra }, provider: 'simulator', onEvent: (event) => told.push(event) },
        (system) => {
          expect(embedders(system)).toEqual([]);
          return Promise.resolve();
        },
      );
    await start({ RAG_EMBEDDING_ENGINE: 'ollama' });
    await start({ RAG_LOCAL_EMBEDDER_URL: 'http://127.0.0.1:9/v1' });
    await save(env.DATABASE_URL, { engine: 'openai', model: 'm', openai: { url: 'http://127.0.0.1:9/v1' } });
    await start({});
    const documents = told.flatMap((event) =>
      event.kind === 'done' && event.what === 'Documents' ? [event.detail] : [],
    );
    expect(documents).toEqual([
      'embedded by ollama (from the environment)',
      'embedded at http://127.0.0.1:9/v1 (from the environment)',
      'embedded by openai, m (from the settings)',
    ]);
  });

  it('cannot be a model that cannot be downloaded', async () => {
    const env = { RAG_EMBEDDING_MODEL: 'BAAI/bge-m3' };
    await expect(launchSystem({ root, env, provider: 'simulator' })).rejects.toThrow('set LOCAL_EMBEDDER_FOLDER');
  });

  it.skipIf(missing !== undefined)(
    'is the local embedder as long as an index was made with it, and is started again when it dies',
    async () => {
      const home = newHome();
      const env = {
        DATABASE_URL: await freshDatabase('embedders'),
        REDIS_URL: redisUrl(),
        LOCAL_EMBEDDER_FOLDER: '/models/mine',
        RAG_EMBEDDING_MODEL: 'mine',
      };
      cpSync(fetched, join(home, 'local-embedder', 'runtime'), { recursive: true, verbatimSymlinks: true });
      const local = { engine: '', model: 'mine', openai: { url: '' } };
      await save(env.DATABASE_URL, { engine: 'ollama', model: 'm', openai: { url: '' } }, local);
      await withSystem({ home, env, provider: 'simulator' }, async (system) => {
        await waitFor(() => embedders(system).length === 1);
        const { port, pid, service } = embedders(system)[0]!;
        expect(service).toBe('embedder');
        expect((await variables(system))['RAG_LOCAL_EMBEDDER_URL']).toBe(`http://127.0.0.1:${port}/v1`);
        const args = await waitFor(async () =>
          fetch(`http://127.0.0.1:${port}/`).then(
            async (answer) => (await answer.json()) as string[],
            () => undefined,
          ),
        );
        expect(args.join(' ')).toContain('--model mine --folder /models/mine');
        process.kill(pid, 'SIGKILL');
        await waitFor(() => embedders(system).some((entry) => entry.pid !== pid));
      });
    },
  );
});
