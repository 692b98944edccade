// What `helm test` runs, in the gateway's image. /api/config comes from the config service: through Redis, and from Postgres.
import { get } from 'node:http';

const { GATEWAY, GATEWAY_PORT, HOST_HEADER } = process.env;
const host = HOST_HEADER || GATEWAY;

/** Asks once, prints the answer, and resolves with whether it was 200. */
const ask = (path) =>
  new Promise((resolve) => {
    const request = get({ host: GATEWAY, port: GATEWAY_PORT, path, headers: { host }, timeout: 5000 }, (response) => {
      console.log(`${path}: ${response.statusCode}`);
      response.resume().on('end', () => resolve(response.statusCode === 200));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.on('error', (error) => {
      console.log(`${path}: ${error.message}`);
      resolve(false);
    });
  });

for (const path of ['/ready', '/api/config']) if (!(await ask(path))) process.exitCode = 1;
