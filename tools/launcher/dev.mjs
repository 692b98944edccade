// `npm run dev`, also on a fresh clone: installs what is missing, builds the launcher, then runs the services from their sources.
import { buildTools, checkNode, install } from './prepare.mjs';

try {
  checkNode();
  process.stdout.write('Perennial, from its sources\n');
  await install();
  await buildTools();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
// Made by the build above.
await import(new URL('dist/dev.js', import.meta.url).href);
