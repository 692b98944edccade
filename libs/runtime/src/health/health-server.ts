import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from '../metrics/metrics';
import type { Readiness, ReadinessReport } from './readiness';

/**
 * Health and metrics on a port of their own, for the orchestrator and the scraper, never for users:
 * `/health/live` (200 while the event loop turns), `/health/ready` (200 or 503 with each check), `/metrics` (Prometheus or OpenMetrics text).
 */
export class HealthServer {
  private readonly server: Server;

  constructor(
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
  ) {
    observeReadiness(readiness, metrics);
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server.keepAliveTimeout = 5_000;
  }

  /** @returns the port it listens on */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => resolve());
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async answer({ url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (url?.split('?')[0]) {
      case '/health/live':
        return sendJson(response, 200, { status: 'live' });
      case '/health/ready': {
        const report = await this.readiness.report();
        return sendJson(response, takesWork(report) ? 200 : 503, report);
      }
      case '/metrics': {
        const { contentType, body } = await this.metrics.text(headers.accept);
        response.writeHead(200, { 'content-type': contentType }).end(body);
        return;
      }
      default:
        return sendJson(response, 404, { detail: 'Not found' });
    }
  }
}

function takesWork({ status }: ReadinessReport): boolean {
  return status === 'ready' || status === 'degraded';
}

/** What `/health/ready` says, for those who only see the metrics. */
function observeReadiness(readiness: Readiness, metrics: Metrics): void {
  metrics.gauge('ready', '1 while the process takes work, as `/health/ready` says', [], async (gauge) =>
    gauge.set(takesWork(await readiness.report()) ? 1 : 0),
  );
  const help = '1 while a check of `/health/ready` passes; absent while the process drains';
  metrics.gauge('readiness_check', help, ['check', 'required'], async (gauge) => {
    gauge.reset();
    for (const { name, ok, required } of (await readiness.report()).checks)
      gauge.set({ check: name, required: String(required) }, ok ? 1 : 0);
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}
