import { parseArgs } from 'node:util';
import { startSimulator } from './server';

const HELP = `Deterministic OpenAI-compatible and Ollama server for development and tests.

  --port N        port to listen on (default 9100; 0 takes any free one)
  --host H        address to listen on (default 127.0.0.1)
  --models A,B    what the model lists name; any id beginning with "sim" works, listed or not

Prints one line of JSON, {"url","pid"}, once it listens. See README.md for model ids, faults and statistics.`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9100' },
    host: { type: 'string', default: '127.0.0.1' },
    models: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error(`--port must be a number from 0 to 65535, not "${values.port}"`);
    process.exit(2);
  }
  const simulator = await startSimulator({
    port,
    host: values.host,
    models: values.models?.split(',').filter(Boolean),
  }).catch((error: Error) => {
    console.error(`The simulator cannot listen on ${values.host}:${port}: ${error.message}`);
    process.exit(1);
  });
  console.log(JSON.stringify({ url: simulator.url, pid: process.pid }));
  const stop = () => void simulator.close().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
