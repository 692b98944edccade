import { migrateService } from '../src/migrate-service';
import { NOTES } from './fixtures';

/** The `migrate.js` of a service with the tests' schema. */
await migrateService({ name: 'notes', schema: 'notes', migrations: NOTES });
