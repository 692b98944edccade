import { CONNECTION_KEY } from '../state/key-seal';

export { configEnv as env } from '../env';
export { configMigrations as migrations } from '../migrations';

/** The stored keys of model servers: where they are, and what they are encrypted for. */
export const storedSecrets = {
  purpose: CONNECTION_KEY,
  columns: [{ table: 'config.connections', column: 'sealed_key' }],
  /** The chat service gets them as they are in a replica's memory. */
  announce: 'UPDATE config.versions SET version = version + 1',
};
