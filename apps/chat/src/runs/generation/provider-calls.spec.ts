import { describe, expect, it } from 'vitest';
import type { ChatEnv } from '../../env';
import type { PictureReader } from '../../pictures/picture-reader';
import type { ProviderGate } from '../models/provider-gate';
import type { ClaimedRun } from '../types/run';
import { type ConnectedModel, ProviderCalls } from './provider-calls';

const run = { user_id: 'u' } as ClaimedRun;
const connected = {
  model: { connection: {}, upstreamModel: 'm' },
  connection: { kind: 'openai', baseUrl: 'http://provider' },
} as ConnectedModel;

describe('an answer that waits for its provider', () => {
  it('takes no memory for its pictures before it is allowed', async () => {
    const happened: string[] = [];
    let allow = (): void => undefined;
    const allowed = new Promise<void>((resolve) => (allow = resolve));
    const gate = {
      run: (_: unknown, make: (answered: () => void) => Promise<unknown>) => allowed.then(() => make(() => undefined)),
    } as ProviderGate;
    const pictures = {
      inlined: (same: ClaimedRun, _: unknown, work: (run: ClaimedRun) => Promise<unknown>) => {
        happened.push('pictures');
        return work(same);
      },
    } as unknown as PictureReader;
    const env = { SECRET_KEY: 'a secret of this test, long enough' } as ChatEnv;
    const unused = undefined as never;
    const calls = new ProviderCalls(env, unused, pictures, unused, unused, gate);
    const answering = calls.whenAllowed(run, connected, new AbortController().signal, async () => {
      happened.push('asked');
    });
    await Promise.resolve();
    happened.push('allowed');
    allow();
    await answering;
    expect(happened).toEqual(['allowed', 'pictures', 'asked']);
  });
});
