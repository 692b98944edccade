export { authEnv as env } from '../env';
export { authMigrations as migrations } from '../migrations';
export { createFirstAdmin } from './create-first-admin';
