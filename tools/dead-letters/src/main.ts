import { once } from 'node:events';
import { commonEnv, parseEnv, redisEnv, secretEnv } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { z } from 'zod';

const HELP = `Usage: npm run --silent dead-letters [-- --limit N | --clear]

Shows what came over Redis and could not be read, the newest first, one JSON object a line: when, from where, why, and how it began.
At most 1,000 are kept. With --clear they are forgotten.`;

const SHOWN = 20;

function refuse(): never {
  console.error(HELP);
  process.exit(64);
}

const [option, value] = process.argv.slice(2);
const limit = option === '--limit' ? Number(value) : SHOWN;
if ((option !== undefined && option !== '--limit' && option !== '--clear') || !Number.isInteger(limit) || limit < 1) {
  refuse();
}

const env = parseEnv(z.object({ ...commonEnv, ...redisEnv, ...secretEnv }), process.env, { service: 'dead-letters' });
const connections = new Connections({
  redisUrl: env.REDIS_URL,
  keyPrefix: env.REDIS_KEY_PREFIX,
  service: 'dead-letters',
  instanceId: 'dead-letters',
  secretKey: env.SECRET_KEY,
});
try {
  if (connections.commands.status !== 'ready') await once(connections.commands, 'ready');
  if (option === '--clear') {
    await connections.deadLetters.clear();
  } else {
    for (const { at, ...letter } of await connections.deadLetters.list(limit)) {
      console.log(JSON.stringify({ at: new Date(at).toISOString(), ...letter }));
    }
  }
} finally {
  connections.close();
}
