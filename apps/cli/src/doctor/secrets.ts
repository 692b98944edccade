import { sealedKeys as connectionKeys } from '@perennial/config/operator';
import { sealedKeys as embeddingKeys } from '@perennial/retrieval/operator';
import { weakness } from '@perennial/runtime';
import { withPostgres } from '../postgres';
import { failed, type Finding, ok } from './finding';

/** The name of the check of stored keys. */
export const SEALED = 'stored secrets';

/** Whether SECRET_KEY can be guessed. */
export function checkSecret(secretKey: string): Finding {
  const check = 'secret key';
  const reason = weakness(secretKey);
  if (reason === undefined) return ok(check, `SECRET_KEY has ${secretKey.length} characters`);
  return failed(
    check,
    `SECRET_KEY ${reason}`,
    'Put the output of `openssl rand -hex 32` there before anything is stored, the same for all services.',
  );
}

/** Whether the stored keys of providers were encrypted under this SECRET_KEY. The schemas must be up to date. */
export async function checkSealed(url: string, secretKey: string): Promise<Finding> {
  let count = 0;
  let unreadable = 0;
  await withPostgres(url, async (client) => {
    for (const { query, cipher } of [connectionKeys, embeddingKeys]) {
      const keys = cipher(secretKey);
      const { rows } = await client.query<{ value: string }>(query);
      count += rows.length;
      unreadable += rows.filter(({ value }) => !opens(() => keys.open(value))).length;
    }
  });
  if (unreadable === 0) return ok(SEALED, count === 0 ? 'there are none yet' : `SECRET_KEY opens all ${count}`);
  return failed(
    SEALED,
    `SECRET_KEY does not open ${unreadable} of ${count} stored keys of providers`,
    'Put the SECRET_KEY back under which they were stored, or enter these keys again on the page of the administrator.',
  );
}

function opens(open: () => string): boolean {
  try {
    open();
    return true;
  } catch {
    return false;
  }
}
