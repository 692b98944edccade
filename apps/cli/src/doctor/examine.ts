import { blobStoreEnv } from '@perennial/blob-store';
import { type DatabaseEnv, databaseEnv, EnvError, secretKeys } from '@perennial/runtime';
import { vectorStoreEnv } from '@perennial/vector-store';
import { z } from 'zod';
import { callEnv, environment } from '../environment';
import { explain } from '../failure';
import { SERVICES } from '../services';
import { failed, type Finding, ok } from './finding';
import { checkMachine } from './machine';
import { checkMoves } from './moves';
import { checkNamedStores, checkPlacements } from './placements';
import { checkPoolSizes } from './pool-sizes';
import { checkPooler } from './pooler';
import { checkPostgres, checkSchemas } from './postgres';
import { checkRedis } from './redis';
import { checkSecret, checkStoredSecrets, STORED } from './secrets';
import { checkServices } from './services';
import { checkBlobStores, checkVectorStores } from './stores';

const postgresEnv = z.object(databaseEnv);
const blobEnv = z.object(blobStoreEnv);
const vectorEnv = z.object({ ...vectorStoreEnv, DATABASE_URL: databaseEnv.DATABASE_URL });

/**
 * Looks at everything that the services need, as far as the environment says where it is. It changes nothing but a probe in the blob store.
 *
 * @returns what it found, in the order in which it should be mended
 */
export async function examine(): Promise<Finding[]> {
  const variables = environmentFindings();
  const postgres = readable(postgresEnv);
  const redis = readable(callEnv);
  const blobs = readable(blobEnv);
  const vectors = readable(vectorEnv);
  const [machine, database, broker, blobStore, vectorStore] = await Promise.all([
    blobs ? checkMachine(blobs.DATA_DIR) : [],
    postgres ? checkDatabase(postgres, { blobs, vectors, redis }) : [],
    redis ? checkRedis(redis) : [],
    blobs ? checkBlobStores(blobs) : [],
    vectors ? checkVectorStores(vectors) : [],
  ]);
  const secret = redis ? [checkSecret(redis.SECRET_KEY)] : [];
  // Calls that are signed with a wrong key would only become dead letters.
  const found = [...database, ...broker];
  const mayCall =
    found.some(isOk('redis')) && !found.some(({ check, level }) => check === STORED && level === 'failed');
  const services = mayCall ? await checkServices() : [];
  const isThere = found.some(isOk('redis'));
  const placements = redis && blobs && isThere ? await checkPlacements(blobs.PLACEMENTS, redis) : [];
  const named = redis && blobs && isThere ? await checkNamedStores(blobs, redis) : [];
  const stores = [...blobStore, ...vectorStore, ...placements, ...named];
  return [...machine, ...variables, ...secret, ...database, ...broker, ...stores, ...services];
}

const isOk =
  (name: string) =>
  ({ check, level }: Finding): boolean =>
    check === name && level === 'ok';

/** The other variables, as far as they are right. */
interface DatabaseUsers {
  blobs: z.output<typeof blobEnv> | undefined;
  vectors: z.output<typeof vectorEnv> | undefined;
  redis: z.output<typeof callEnv> | undefined;
}

async function checkDatabase(env: DatabaseEnv, { blobs, vectors, redis }: DatabaseUsers): Promise<Finding[]> {
  const url = env.DATABASE_DIRECT_URL ?? env.DATABASE_URL;
  const [server, pooler] = await Promise.all([checkPostgres(url), checkPooler(env)]);
  if (server[0]?.level === 'failed') return [...server, ...pooler];
  const schemas = await checkSchemas(url);
  const migrated = schemas.every(({ level }) => level !== 'failed');
  return [
    ...server,
    ...pooler,
    ...(redis ? await checkPoolSizes(env, vectors, redis) : []),
    ...schemas,
    ...(migrated ? await checkMoves(url, { blobs, vectors }) : []),
    ...(migrated && redis ? [await checkStoredSecrets(url, secretKeys(redis))] : []),
  ];
}

/** Every variable of a service that is wrong, once. */
function environmentFindings(): Finding[] {
  const problems = new Map<string, Finding>();
  for (const { env } of SERVICES) {
    try {
      environment(env);
    } catch (error) {
      if (!(error instanceof EnvError)) throw error;
      for (const { variable, problem, remedy } of error.problems)
        problems.set(variable, failed(`variable ${variable}`, problem, `Correct it: ${remedy}`));
    }
  }
  return problems.size > 0
    ? [...problems.values()]
    : [ok('variables', 'those of auth, chat, config and retrieval are right')];
}

/** The variables, or nothing when one of them is wrong: that is a finding already. */
function readable<S extends z.ZodObject>(schema: S): z.output<S> | undefined {
  try {
    return environment(schema);
  } catch (error) {
    if (error instanceof EnvError) return undefined;
    throw new Error(explain(error), { cause: error });
  }
}
