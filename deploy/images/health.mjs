// The health command of every image and unit: exit code 0 when the process on HEALTH_PORT has started and answers.
//
//   node health.mjs             once, for HEALTHCHECK
//   node health.mjs --wait 60   until it has started, for at most 60 seconds, for `ExecStartPost=`
//
// A process that has lost its database is healthy: an orchestrator that restarts it would only make things worse. Whether it should get
// work is what /health/ready tells load balancers.
import { get } from 'node:http';

const port = Number(process.env.HEALTH_PORT);
const waitSeconds = process.argv[2] === '--wait' ? Number(process.argv[3]) : 0;

/** @returns {Promise<string>} the status of the process */
const status = () =>
  new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/health/ready', timeout: 3_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () => resolve(body)).on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 3 s'))).on('error', reject);
  }).then((body) => JSON.parse(body).status);

/** systemd names the process of the service in MAINPID. There is nothing to wait for when that has ended, as with a wrong setting. */
const hasEnded = () => {
  try {
    if (process.env.MAINPID) process.kill(Number(process.env.MAINPID), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
};

const until = Date.now() + waitSeconds * 1_000;
for (;;) {
  const found = await status().catch((error) => error.message);
  if (['ready', 'degraded', 'failing', 'draining'].includes(found)) break;
  if (Date.now() >= until || hasEnded()) {
    console.error(`port ${port}: ${found}`);
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 250));
}
