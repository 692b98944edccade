import { migrateService } from '@perennial/persistence';
import { authMigrations } from './migrations';

await migrateService({ name: 'auth', schema: 'auth', migrations: authMigrations });
