const { get } = require('node:http');

const { GATEWAY, GATEWAY_PORT, HOST_HEADER } = process.env;
const host = HOST_HEADER || GATEWAY;

/** Asks once; resolves with whether the answer is 200, and says what it was. */
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

// /api/config comes from the config service: through Redis, and from Postgres.
const check = async () => {
  for (const path of ['/ready', '/api/config']) if (!(await ask(path))) process.exitCode = 1;
};
check();
