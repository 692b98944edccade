import { missingServer, qdrantBinary } from '@perennial/testing';
import { expect, it } from 'vitest';
import { drill } from './drill';

const missing = await missingServer('a second site', qdrantBinary);

/** Real: two sites of built services, Postgres with a standby, two Qdrants, two directories of files, `perennial blobs mirror`. */
it.skipIf(missing)(
  'the second site takes over when the whole first one dies: what was replicated is there, and every answer ends',
  async () => {
    const figures = await drill({ people: 2, workMs: 4_000, answers: 3, mirrorS: 1, back: false }, (line) =>
      console.info(line),
    );
    console.info(JSON.stringify(figures));
    expect(figures.wrong).toEqual([]);
    expect(figures.answers.completed + figures.answers.failed + figures.answers.not_replicated).toBe(3);
    // Replication streams: what is lost was acknowledged in the last moment. The mirror's passes are a second apart.
    expect(figures.chats.acknowledged - figures.chats.lost).toBeGreaterThan(0);
    expect(figures.files.acknowledged - figures.files.lost - figures.contents.lost).toBeGreaterThan(0);
  },
  240_000,
);
