import { composeFile, startAsProcesses } from './processes';

/** `npm run compose:processes -- compose.scaled.yaml`: that topology on a machine without a container engine, until Ctrl-C. */
const [name = 'compose.scaled.yaml'] = process.argv.slice(2);
const running = await startAsProcesses(composeFile(name));
console.log(`${name} runs as processes: ${running.url} (Ctrl-C stops it)`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void running.stop().then(() => process.exit(0)));
}
