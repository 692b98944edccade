import { migrateService } from '@perennial/persistence';
import { configMigrations } from './migrations';

await migrateService({ name: 'config', schema: 'config', migrations: configMigrations });
