import { join } from 'node:path';
import { launchSystem, ROOT, type RunningSystem } from '@perennial/launcher';
import { freePort, ManagedProcess, waitFor } from '@perennial/testing/servers';
import { http } from '../support/http';

export const LOCAL_MODEL = 'sentence-transformers/all-MiniLM-L6-v2';
/** Includes the download of the model. */
const EMBEDDER_LIMIT_MS = 240_000;

/** The built system, with searches by meaning and by words. */
export function launchHybridSystem(
  embedder: { url: string; model: string },
  env: Record<string, string> = {},
): Promise<RunningSystem> {
  return launchSystem({
    env: {
      ...env,
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: embedder.model,
      RAG_OPENAI_API_BASE_URL: `${embedder.url}/v1`,
      RAG_OPENAI_API_KEY: 'none',
      // Otherwise no search uses keywords.
      ENABLE_RAG_HYBRID_SEARCH: 'true',
    },
  });
}

/** The model of `npm start`. Undefined, with a warning, if it cannot be downloaded. */
export async function startLocalEmbedder(
  log: (line: string) => void,
): Promise<{ url: string; process: ManagedProcess } | undefined> {
  const port = await freePort();
  const embedder = new ManagedProcess({
    name: 'embedder',
    command: process.execPath,
    args: [
      ...[join(ROOT, 'tools/local-embedder/dist/main.js'), '--port', String(port)],
      ...['--dir', join(ROOT, '.perennial/local-embedder')],
    ],
  });
  embedder.start();
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    http('GET', `${url}/v1/models`).then(
      ({ status }) => status === 200,
      () => false,
    );
  try {
    await waitFor(async () => !embedder.running || (await answers()), {
      timeoutMs: EMBEDDER_LIMIT_MS,
      intervalMs: 200,
      what: 'the local embedder to answer',
    });
    if (embedder.running) return { url, process: embedder };
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
  }
  log(
    'SKIPPED: the local embedder cannot be had here: the simulator takes its place, which knows words but no meaning',
  );
  await embedder.stop();
  return undefined;
}
