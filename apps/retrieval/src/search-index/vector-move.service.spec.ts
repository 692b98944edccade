import type { UnitOfWork } from '@perennial/persistence';
import type { Runtime } from '@perennial/runtime';
import { expect, it } from 'vitest';
import type { SettingsRepository } from '../settings/settings.repository';
import type { BuildsRepository } from './builds.repository';
import type { IndexCatalog } from './index-catalog';
import type { IndexRequests } from './index-requests';
import type { MovesRepository } from './moves.repository';
import type { StoreCheck } from './store-check';
import { VectorMoveService } from './vector-move.service';

// Real: the service. Not real: the rows, which switch to the new store before the first, second, third or fourth of them is read.
it.each([0, 1, 2, 3])('a move that ends as its status is read (before read %i) does not look cancelled', async (at) => {
  let reads = 0;
  const isSwitched = (): boolean => reads++ >= at;
  const service = new VectorMoveService(
    { active: async () => ({ id: 'i', store: isSwitched() ? 'new' : 'old' }) } as unknown as IndexCatalog,
    {
      find: async () => (isSwitched() ? undefined : { store: 'new', indexId: 'i' }),
      progress: async () => ({ done: 2, total: 2 }),
    } as unknown as BuildsRepository,
    {
      former: async () => (isSwitched() ? { store: 'old', secondsLeft: 9 } : undefined),
      comparison: async () => null,
    } as unknown as MovesRepository,
    {} as IndexRequests,
    {} as SettingsRepository,
    { names: ['old', 'new'] } as unknown as StoreCheck,
    {} as UnitOfWork,
    {} as Runtime,
    { FORMER_STORE_GRACE_SECONDS: 9 },
  );
  const { active, moving } = await service.status();
  expect(active === 'new' || moving?.to === 'new').toBe(true);
});
