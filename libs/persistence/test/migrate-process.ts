import { openDataSource } from '../src/data-source';
import { capturingRuntime, NOTES } from './fixtures';

/** One replica that starts: connects, migrates, says so, ends. */
const { runtime, lines } = capturingRuntime();
const [url = ''] = process.argv.slice(2);
const dataSource = await openDataSource({ url, schema: 'notes', migrations: NOTES }, runtime.log);
process.stdout.write(`${JSON.stringify({ migrated: lines.filter((line) => line.msg === 'migrated').length })}\n`);
await dataSource.destroy();
