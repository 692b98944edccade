import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subjectOf } from './subject';
import { testStore } from './suite';

testStore('LanceDB', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'perennial-lancedb-'));
  return subjectOf({ VECTOR_DB: 'lancedb', DATA_DIR: directory }, undefined, {
    close: () => rm(directory, { recursive: true, force: true }),
  });
});
