import { expect, it } from 'vitest';
import { Neighbours } from './neighbours';
import type { SearchRepository } from './search.repository';
import type { ScoredChunk } from './sources';

// Not real: the rows. They are a page without blanks, as Chinese has, of which every third chunk is a hit.
it('what is added to one reply stays within its bound where no blank ends a part', async () => {
  const size = 1_200;
  const text = '预'.repeat(size);
  const at = (ordinal: number) => ordinal * (size + 1);
  const hits = Array.from({ length: 60 }, (_, n) => {
    const ordinal = 3 * n + 1;
    return { fileId: 'f', generation: 1, ordinal, text, start: at(ordinal) } as ScoredChunk;
  });
  const neighbours = hits.flatMap(({ ordinal }, n) =>
    [ordinal - 1, ordinal + 1].map((one) => ({ n, ordinal: one, text, start: at(one), end: at(one) + size })),
  );
  const repository = { neighbours: () => Promise.resolve(neighbours) } as unknown as SearchRepository;
  // A thousand and a blank each time: the last part ends one beyond the bound.
  const [wider = []] = await new Neighbours(repository, { RAG_NEIGHBOUR_CHARS: 1_000 }).around([hits]);
  const added = wider.reduce((sum, chunk) => sum + chunk.text.length - size, 0);
  expect(added).toBeGreaterThan(19_000);
  expect(added).toBeLessThanOrEqual(20_001);
});
