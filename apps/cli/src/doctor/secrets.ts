import { type SecretKeys, weakness } from '@perennial/runtime';
import { countSecrets } from '../keys/stored-secrets';
import { withPostgres } from '../postgres';
import { failed, type Finding, ok, warning } from './finding';

/** The name of the check of stored secrets. */
export const STORED = 'stored secrets';

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

/** Whether the keys in force open the stored secrets, and which key is still needed. The schemas must be up to date. */
export async function checkStoredSecrets(url: string, keys: SecretKeys): Promise<Finding> {
  const { current, second, unreadable } = await withPostgres(url, (client) => countSecrets(client, keys));
  const count = current + second + unreadable;
  if (unreadable > 0)
    return failed(
      STORED,
      `no key in force opens ${unreadable} of ${count} stored keys of providers`,
      'Put the SECRET_KEY back under which they were stored, or give it as SECRET_KEY_SECOND, or enter these keys again on the page of the administrator.',
    );
  if (second > 0)
    return warning(
      STORED,
      `${second} of ${count} stored keys of providers are under SECRET_KEY_SECOND`,
      'Run `perennial keys rotate` once every process has this SECRET_KEY.',
    );
  if (keys.length > 1)
    return warning(
      STORED,
      `SECRET_KEY opens all ${count}, and none needs SECRET_KEY_SECOND`,
      'If it is the previous key, remove it when the sessions from before the change have ended; if it is the next one, exchange the two (docs/deploy/secret-key.md).',
    );
  return ok(STORED, count === 0 ? 'there are none yet' : `SECRET_KEY opens all ${count}`);
}
