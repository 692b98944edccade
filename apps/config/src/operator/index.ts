import { KeySeal } from '../state/key-seal';

export { configEnv as env } from '../env';
export { configMigrations as migrations } from '../migrations';

/** The stored keys of model servers: where they are, and how they are encrypted. */
export const sealedKeys = {
  query: 'SELECT sealed_key AS value FROM config.connections WHERE sealed_key IS NOT NULL',
  cipher: (secretKey: string) => new KeySeal(secretKey),
};
