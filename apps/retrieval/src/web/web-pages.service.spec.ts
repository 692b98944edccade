import { randomUUID } from 'node:crypto';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { webPages } from '@perennial/contracts-retrieval';
import { expect, it } from 'vitest';
import type { RetrievalEnv } from '../env';
import type { WebClient, WebRequest } from './web-client';
import { WebError } from './web-error';
import { WebPagesService } from './web-pages.service';

it('a page that a person waits for is given up before their call is over', async () => {
  const asked: WebRequest[] = [];
  const client = {
    get: (_address: string, request: WebRequest) => {
      asked.push(request);
      return Promise.reject(new WebError('away', 'Its server did not answer in time.'));
    },
  } as unknown as WebClient;
  const env = { WEB_LOADER_TIMEOUT: 600, WEB_LOADER_MAX_BYTES: 1_000 } as RetrievalEnv;
  const settings = { current: () => Promise.resolve({ retrieval: {} }) } as never;
  const service = new WebPagesService(client, {} as never, settings, {} as never, env);
  const user: UserPrincipal = { kind: 'user', userId: randomUUID(), role: 'user', sessionId: 'a' };
  await expect(service.load({ url: 'http://example.com/' }, user)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
  });
  expect(asked[0]?.timeoutMs).toBeLessThanOrEqual(webPages.load.deadlineMs - 10_000);
});
