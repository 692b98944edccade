import { join } from 'node:path';
import { createServer, type EnvironmentModuleNode, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../paths';

/** Real: Vite with the configuration and the modules of the page. Not real: the browser, and the edits, which are only told to Vite. */
describe('an edit of the page', () => {
  let server: ViteDevServer;
  const sent: { type: string }[] = [];

  beforeAll(async () => {
    const root = join(ROOT, 'apps/web');
    server = await createServer({
      ...{ root, configFile: join(root, 'vite.config.ts'), logLevel: 'silent', appType: 'custom' },
      server: { middlewareMode: true, ws: false, watch: null },
    });
    const { client } = server.environments;
    const seen = new Set<EnvironmentModuleNode>();
    // Vite transforms what is imported statically by itself, and stops at what is loaded later.
    const load = async (node: EnvironmentModuleNode): Promise<void> => {
      if (seen.has(node)) return;
      seen.add(node);
      await client.transformRequest(node.url);
      for (const imported of node.importedModules) await load(imported);
    };
    await client.transformRequest('/src/main.tsx');
    for (const module of client.moduleGraph.getModulesByFile(join(root, 'src/main.tsx')) ?? [])
      for (const imported of module.importedModules) await load(imported);
    client.hot.send = (payload: unknown) => void sent.push(payload as { type: string });
  }, 60_000);
  afterAll(() => server.close());

  it.each([
    'apps/web/src/app/app.tsx',
    'apps/web/src/chat/chat-page.tsx',
    'apps/web/src/auth/use-session.ts',
    'libs/web/client/src/index.ts',
  ])('of %s is replaced in place, without a reload', async (file) => {
    sent.length = 0;
    server.watcher.emit('change', join(ROOT, file));
    await expect.poll(() => sent.map(({ type }) => type)).toEqual(['update']);
  });
});
