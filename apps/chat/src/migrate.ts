import { migrateService } from '@perennial/persistence';
import { MIGRATIONS } from './migrations';

await migrateService({ name: 'chat', schema: 'chat', migrations: MIGRATIONS });
