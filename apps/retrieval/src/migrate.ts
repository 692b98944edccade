import { migrateService } from '@perennial/persistence';
import { retrievalMigrations } from './migrations';

await migrateService({ name: 'retrieval', schema: 'retrieval', migrations: retrievalMigrations });
