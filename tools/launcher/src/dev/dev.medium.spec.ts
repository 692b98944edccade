import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, guardDirectory, portIsFree, processExists, waitFor } from '@perennial/local-runtime/servers';
import { freshDatabase, redisUrl } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, type RunEntry, SERVICES } from '../index';

/**
 * Real: the launcher's process, the watcher, the builds, signals, Postgres and Redis. Not real: the five services, which are small
 * programs here that say what they were built from.
 */
const source = (answer: string): string => `
import { createServer } from 'node:http';
const answer: string = ${JSON.stringify(answer)};
createServer((_, response) => response.end(answer)).listen(Number(process.env['HEALTH_PORT']), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0)).on('SIGINT', () => process.exit(0));
`;

let clone: string;
beforeAll(() => {
  // Inside the workspace, from where the build finds its tools.
  mkdirSync(join(ROOT, 'node_modules/.cache/perennial'), { recursive: true });
  clone = mkdtempSync(join(ROOT, 'node_modules/.cache/perennial/dev-'));
  guardDirectory(clone);
  for (const service of SERVICES) {
    const project = join(clone, 'apps', service);
    mkdirSync(join(project, 'src'), { recursive: true });
    writeFileSync(join(project, 'src/main.ts'), source('first'));
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: `@perennial/${service}`, type: 'module', nx: { tags: [] } }),
    );
    writeFileSync(
      join(project, 'vite.config.ts'),
      `import { serviceBuild } from '@perennial/build';\nexport default serviceBuild();\n`,
    );
  }
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

interface Program {
  process: ChildProcess;
  output(): string;
}

interface Dev extends Program {
  /** What run.json says of a service. */
  entry(service: string): RunEntry;
  run(): RunEntry[];
}

/** Runs `call` of a module beside this file as a program of its own, until its output has `ready`. */
async function startProgram(
  module: string,
  call: string,
  ready: string,
  variables: NodeJS.ProcessEnv,
): Promise<Program> {
  const script = `
    import { runnerImport } from 'vite';
    const load = async (path) => (await runnerImport(path)).module;
    const { runEverything, runOneService } = await load(${JSON.stringify(new URL(module, import.meta.url).pathname)});
    const { Console } = await load(${JSON.stringify(new URL('../console.ts', import.meta.url).pathname)});
    const { parseDevCommandLine } = await load(${JSON.stringify(new URL('./options.ts', import.meta.url).pathname)});
    await ${call};`;
  const env = { ...process.env, npm_lifecycle_event: undefined, ...variables };
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await waitFor(() => output.includes(ready) || child.exitCode !== null, { timeoutMs: 40_000 });
  expect(output).toContain(ready);
  return { process: child, output: () => output };
}

async function startDev(home: string, scale = ''): Promise<Dev> {
  const port = String(await freePort());
  const call = `runEverything(parseDevCommandLine(['--port', '${port}', '--scale', '${scale}']), new Console(), ${JSON.stringify(clone)})`;
  const program = await startProgram('./everything.ts', call, 'Perennial is ready', {
    PERENNIAL_HOME: home,
    // Somebody answers chats and embeds already: no model is started.
    ...{ OPENAI_API_BASE_URLS: 'http://127.0.0.1:9/v1', RAG_LOCAL_EMBEDDER_URL: 'http://127.0.0.1:9' },
    ...{ DATABASE_URL: await freshDatabase(), REDIS_URL: redisUrl() },
  });
  const run = (): RunEntry[] => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunEntry[];
  const entry = (service: string): RunEntry => {
    const found = run().find((one) => one.service === service);
    if (!found) throw new Error(`${service} does not run`);
    return found;
  };
  return { ...program, entry, run };
}

const answerOf = async ({ healthPort }: RunEntry): Promise<string> =>
  (await fetch(`http://127.0.0.1:${healthPort}/`)).text();

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'perennial-dev-'));
  guardDirectory(home);
  return home;
}

async function expectGone(pids: number[]): Promise<void> {
  const alive = async (): Promise<boolean[]> => Promise.all(pids.map((pid) => processExists(pid)));
  await waitFor(async () => !(await alive()).includes(true), { timeoutMs: 20_000 });
  expect(await alive()).toEqual(pids.map(() => false));
}

describe('npm run dev', () => {
  it('starts the changed service anew and no other; what cannot be built leaves the last build running, until the edit is undone; kill -9 leaves nothing', async () => {
    const dev = await startDev(newHome());
    const before = dev.run();
    const chat = join(clone, 'apps/chat/src/main.ts');
    writeFileSync(chat, source('second'));
    await waitFor(async () => (await answerOf(dev.entry('chat')).catch(() => '')) === 'second', { timeoutMs: 20_000 });
    expect(dev.entry('chat').pid).not.toBe(before.find(({ service }) => service === 'chat')?.pid);
    const others = ({ service }: RunEntry): boolean => service !== 'chat';
    expect(dev.run().filter(others)).toEqual(before.filter(others));
    await waitFor(() => dev.output().includes('apps/chat/src/main.ts was saved'));

    const { pid } = dev.entry('chat');
    writeFileSync(chat, 'this is no program');
    await waitFor(() => dev.output().includes('chat cannot be built'), { timeoutMs: 20_000 });
    expect(dev.entry('chat').pid).toBe(pid);
    expect(await answerOf(dev.entry('chat'))).toBe('second');
    writeFileSync(chat, source('second'));
    await waitFor(() => dev.output().includes('chat can be built again'), { timeoutMs: 20_000 });
    expect(dev.entry('chat').pid).toBe(pid);

    const pids = dev.run().map((entry) => entry.pid);
    dev.process.kill('SIGKILL');
    await expectGone(pids);
    writeFileSync(chat, source('first'));
  }, 90_000);

  it('one service joins the running ones; Ctrl-C stops everything, and whoever joined ends with it', async () => {
    const home = newHome();
    const dev = await startDev(home, 'chat=0');
    const call = `runOneService('chat', new Console(), ${JSON.stringify(clone)})`;
    const joined = await startProgram('./one-service.ts', call, 'chat-dev is ready', { PERENNIAL_HOME: home });
    const healthPort = Number(/health on port (\d+)/.exec(joined.output())?.[1]);
    expect(await (await fetch(`http://127.0.0.1:${healthPort}/`)).text()).toBe('first');
    const again = await startProgram(
      './one-service.ts',
      `${call}.catch((error) => console.log(error.message))`,
      'chat runs from its sources already',
      { PERENNIAL_HOME: home },
    );
    expect(again.output()).toContain('npm run dev -- --scale chat=0');

    const pids = dev.run().map((entry) => entry.pid);
    dev.process.kill('SIGINT');
    await waitFor(() => dev.process.exitCode !== null && joined.process.exitCode !== null, { timeoutMs: 20_000 });
    expect([dev.process.exitCode, joined.process.exitCode]).toEqual([0, 0]);
    await expectGone(pids);
    expect(await portIsFree(healthPort)).toBe(true);
  }, 90_000);

  it('one service alone says what to start first', async () => {
    const call = `runOneService('chat', new Console(), ${JSON.stringify(clone)}).catch((error) => console.log(error.message))`;
    const refused = await startProgram('./one-service.ts', call, 'run npm start in another terminal first', {
      PERENNIAL_HOME: newHome(),
    });
    expect(refused.output()).toContain('npm start -- --scale chat=0');
  });
});
