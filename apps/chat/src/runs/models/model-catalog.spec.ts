import { CONFIG_CHANGED, models, type ResolvedModel, settings } from '@perennial/contracts-config';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import type { Notices, Rpc } from '@perennial/transport';
import { describe, expect, it, vi } from 'vitest';
import { ModelCatalog } from './model-catalog';

const userOf = (n: number, role: UserPrincipal['role'] = 'user'): UserPrincipal => ({
  kind: 'user',
  userId: `00000000-0000-4000-8000-00000000000${n}`,
  role,
  sessionId: 's',
});

/** Config for the catalog: one model, open to all or to admins only. */
class Config {
  version = 1;
  openToAll = true;
  isAway = false;
  resolved = 0;

  async catalog(): Promise<ModelCatalog> {
    const rpc = {
      call: async (call: unknown, _: unknown, { principal }: { principal: UserPrincipal }) => {
        if (this.isAway) throw new CallError('UNAVAILABLE', 'config is away');
        if (call === settings.version) return { version: this.version };
        if (call !== models.resolve) throw new Error('not a call of this test');
        this.resolved += 1;
        if (!this.openToAll && principal.role !== 'admin') throw new CallError('NOT_FOUND', 'no such model');
        return { version: this.version, openToAll: this.openToAll } as ResolvedModel;
      },
    };
    const notices = {
      subscribe: async (notice: unknown, changed: () => void) => {
        if (notice === CONFIG_CHANGED) this.changed = changed;
      },
    };
    const catalog = new ModelCatalog(
      rpc as unknown as Rpc,
      notices as unknown as Notices,
      new Runtime({ name: 'chat' }),
    );
    await catalog.onModuleInit();
    return catalog;
  }

  changed = (): void => undefined;
}

describe('the catalog of models', () => {
  it('makes one call for all users of a role if the model is open to all', async () => {
    const config = new Config();
    const catalog = await config.catalog();
    for (let n = 0; n < 5; n += 1) await catalog.resolve('m', userOf(n));
    expect(config.resolved).toBe(1);
    await catalog.resolve('m', userOf(6, 'pending'));
    expect(config.resolved).toBe(2);
  });

  it('makes one call for each placement: config answers them differently', async () => {
    const config = new Config();
    const catalog = await config.catalog();
    for (const placement of ['eu', 'us', undefined, 'eu'])
      await catalog.resolve('m', { ...userOf(1), ...(placement ? { placement } : {}) });
    expect(config.resolved).toBe(3);
  });

  it('makes a call for each user otherwise', async () => {
    const config = new Config();
    config.openToAll = false;
    const catalog = await config.catalog();
    for (const n of [1, 2, 1, 2]) await catalog.resolve('m', userOf(n, 'admin'));
    expect(config.resolved).toBe(2);
  });

  it('refuses users after a model was closed to them, even if others may use it', async () => {
    const config = new Config();
    const catalog = await config.catalog();
    await catalog.resolve('m', userOf(1));
    Object.assign(config, { openToAll: false, version: 2 });
    config.changed();
    await expect(catalog.resolve('m', userOf(2))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await catalog.resolve('m', userOf(3, 'admin'));
    await expect(catalog.resolve('m', userOf(1))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('still checks models while config is away although one was read at a later version', async () => {
    vi.useFakeTimers();
    try {
      const config = new Config();
      const catalog = await config.catalog();
      for (const model of ['a', 'b']) await catalog.resolve(model, userOf(1));
      config.version = 2;
      config.changed();
      await catalog.resolve('a', userOf(1));
      config.isAway = true;
      expect(await catalog.assertOffered('b', userOf(2))).toMatchObject({ version: 1 });
      vi.advanceTimersByTime(30_000);
      expect(await catalog.assertOffered('b', userOf(2))).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });
});
