import { signUpAdmin } from '@perennial/e2e/support/accounts';
import { doneAnswer, getChat } from '@perennial/e2e/support/answers';
import { newTurn, sendTurn } from '@perennial/e2e/support/turn';
import { freePort } from '@perennial/local-runtime/servers';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { missingServer } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BuiltImages, imageOf } from './built-images';
import { Container } from './container';
import { containerEngine, type Engine } from './engine';

/** Real: buildah, runc, everything in the image. Not real: the base image, which is Node, its libraries and a shell; the model. */
const MODEL = 'sim-t60-r300-x';
const VOLUME = `perennial-test-${process.pid}`;

let engine: Engine;
const missing = await missingServer('the image with everything', async () => (engine = await containerEngine()));

describe.skipIf(missing !== undefined)('the image with everything', () => {
  let simulator: Simulator | undefined;
  let container: Container | undefined;

  beforeAll(async () => {
    [simulator] = await Promise.all([
      startSimulator({ port: 0, models: [MODEL] }),
      BuiltImages.build(engine, ['all-in-one']),
    ]);
  }, 600_000);
  afterEach(() => container?.remove());
  afterAll(async () => {
    await simulator?.close();
    await engine?.podman('volume', 'rm', '--force', VOLUME);
  });

  /** As the guide says; the network is this machine's, so that it is reached like a program on it. */
  async function start(): Promise<string> {
    const port = await freePort();
    container = await Container.start(engine, imageOf('all-in-one'), {
      env: {
        ...{ HOST: '127.0.0.1', PORT: String(port) },
        ...{ OPENAI_API_BASE_URLS: `${simulator!.url}/v1`, OPENAI_API_KEYS: 'simulated' },
        ...{ RAG_EMBEDDING_ENGINE: 'openai', RAG_EMBEDDING_MODEL: 'sim-embed' },
        ...{ RAG_OPENAI_API_BASE_URL: `${simulator!.url}/v1`, RAG_OPENAI_API_KEY: 'simulated' },
      },
      files: [],
      volume: { name: VOLUME, path: '/var/lib/perennial' },
    });
    await container.untilHealthy();
    return `http://127.0.0.1:${port}`;
  }

  it('answers with one command, as nobody, leaves in order, and has everything again from its volume', async () => {
    const first = await start();
    const admin = await signUpAdmin(first);
    const sent = await sendTurn(first, admin, newTurn(MODEL, 'Are you all in one?', 'all'));
    const answer = expectedText(MODEL, 'Are you all in one?', 60);
    expect((await doneAnswer(first, admin, sent)).content).toBe(answer);
    expect(await container!.exec('node', '-p', 'process.getuid()')).toBe('65532');
    const write = `try { fs.writeFileSync('/opt/perennial/file', 'x'); 'written' } catch ({ code }) { code }`;
    expect(await container!.exec('node', '-p', write)).toMatch(/^(?:EROFS|EACCES)$/);
    await container!.signal('SIGTERM');
    expect(await container!.exitCode(), await container!.logs()).toBe(0);
    expect(await container!.logs()).toContain('Stopped. The data stays in /var/lib/perennial');
    await container!.remove();

    const second = await start();
    const { chat } = await getChat(second, admin, sent.chatId);
    expect(chat.history?.messages[sent.messageId]?.content).toBe(answer);
    // Killed with everything in it: the next one takes the volume over.
    await container!.signal('SIGKILL');
    await container!.exitCode();
    await container!.remove();
    expect((await getChat(await start(), admin, sent.chatId)).id).toBe(sent.chatId);
  }, 600_000);
});
