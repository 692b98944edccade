import { missingServer, qdrantBinary } from '@perennial/testing';
import { expect, it } from 'vitest';
import { drill } from './drill';

const missing = await missingServer('a second site', qdrantBinary);

/** The figures of docs/deploy/second-site.md: more work, and the way back. */
it.skipIf(missing)(
  'the sites are changed, and changed back as planned without any loss',
  async () => {
    const figures = await drill({ people: 4, workMs: 20_000, answers: 10, mirrorS: 2, back: true }, (line) =>
      console.info(line),
    );
    console.info(JSON.stringify(figures));
    expect(figures.wrong).toEqual([]);
    expect(figures.back).toMatchObject({ lost: 0 });
  },
  600_000,
);
