import { CallError } from '@perennial/contracts-kernel';
import type { UnitOfWork } from '@perennial/persistence';
import { describe, expect, it, vi } from 'vitest';
import type { EmbeddingGateway } from '../embedding/embedding-gateway';
import type { KeySeal } from '../settings/key-seal';
import { BuildSteps } from './build-steps';
import type { BuildsRepository } from './builds.repository';
import type { IndexCatalog, VectorIndex } from './index-catalog';
import type { IndexComparison } from './index-comparison';
import type { IndexFiller } from './index-filler';
import type { IndexRegistry } from './index-registry';
import type { StoreCheck } from './store-check';

const index = { store: 'new' } as VectorIndex;
const movesFrom = { store: 'old' } as VectorIndex;
const holder = { owner: 'o', buildId: 'b' };

function stepsWith({ check = {}, comparison = {}, filler = {}, unitOfWork = {} }: Fakes): BuildSteps {
  return new BuildSteps(
    { noteProgress: async () => undefined } as unknown as BuildsRepository,
    {} as IndexCatalog,
    {} as IndexRegistry,
    filler as IndexFiller,
    comparison as IndexComparison,
    check as StoreCheck,
    {} as EmbeddingGateway,
    {} as KeySeal,
    unitOfWork as UnitOfWork,
  );
}

interface Fakes {
  check?: Partial<StoreCheck>;
  comparison?: Partial<IndexComparison>;
  filler?: Partial<IndexFiller>;
  unitOfWork?: object;
}

// Real: the steps. Not real: the other processes, one of which came as the index was filled, and the rows.
it('an index in another store does not answer while a process would not find it', async () => {
  const run = vi.fn(async () => 'done');
  const assertKnown = async (store: string): Promise<void> => {
    throw new CallError('FAILED_PRECONDITION', `a process lacks ${store}`);
  };
  const steps = stepsWith({ check: { assertKnown }, unitOfWork: { run } });
  const options = { without: [], comparison: undefined };
  await expect(steps.switchTo({ index, movesFrom }, holder, options)).rejects.toThrow('a process lacks new');
  expect(run).not.toHaveBeenCalled();
  expect(await steps.switchTo({ index }, holder, options)).toBe('done');
});

// Real: the steps. Not real: the stores, which are counted and searched.
describe('an index in another store is compared before it answers', () => {
  const options = { minRecall: 0.99, signal: new AbortController().signal };
  const sampled = (recall: number) => ({ samples: 100, equal: 100, searches: 100, recall });

  it.each([
    [0.99, { points: 5, ...sampled(0.99) }],
    [0.9899, 'The vector store "new" finds 98.9 % of what "old" finds, and 99 % is asked for'],
  ])('by what it finds: %d', async (recall, result) => {
    const steps = stepsWith({
      comparison: { count: async () => ({ points: 5, incomplete: 0 }), sample: async () => sampled(recall) },
    });
    const compared = steps.compare({ index, movesFrom }, holder, options).catch((error: Error) => error.message);
    expect(await compared).toEqual(result);
  });

  it('not by searches where none has to find anything: the store that answers may be away', async () => {
    const sample = vi.fn();
    const steps = stepsWith({ comparison: { count: async () => ({ points: 5, incomplete: 0 }), sample } });
    const report = await steps.compare({ index, movesFrom }, holder, { ...options, minRecall: 0 });
    expect(report).toMatchObject({ points: 5, searches: 0 });
    expect(sample).not.toHaveBeenCalled();
  });

  it('by its points: what is missing is written again, and a store that goes on losing them never answers', async () => {
    const counted = [2, 1, 1, 2, 0];
    const fillMissing = vi.fn(async () => ({ whole: true, away: new Map() }));
    const steps = stepsWith({
      comparison: {
        count: async () => ({ points: 5, incomplete: counted.shift()! }),
        sample: async () => sampled(1),
      },
      filler: { fillMissing },
    });
    await expect(steps.compare({ index, movesFrom }, holder, options)).rejects.toThrow(
      'The vector store "new" lacks points of 1 files that it had confirmed',
    );
    expect(fillMissing).toHaveBeenCalledTimes(2);
    expect(await steps.compare({ index, movesFrom }, holder, options)).toMatchObject({ recall: 1 });
    expect(fillMissing).toHaveBeenCalledTimes(3);
  });
});
