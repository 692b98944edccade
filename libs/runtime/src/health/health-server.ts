import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from '../metrics/metrics';
import type { Readiness } from './readiness';

/**
 * Health and metrics on a port of their own, for the orchestrator and the scraper, never for users:
 * `/health/live` (200 while the event loop turns), `/health/ready` (200 or 503 with each check), `/metrics` (Prometheus text).
 */
export class HealthServer {
  private readonly server: Server;

  constructor(
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
  ) {
    this.server = createServer((request, response) => {
      this.answer(request.url?.split('?')[0] ?? '', response).catch(() => response.destroy());
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

  private async answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case '/health/live':
        return sendJson(response, 200, { status: 'live' });
      case '/health/ready': {
        const report = await this.readiness.report();
        return sendJson(response, report.status === 'ready' || report.status === 'degraded' ? 200 : 503, report);
      }
      case '/metrics': {
        const body = await this.metrics.registry.metrics();
        response.writeHead(200, { 'content-type': this.metrics.registry.contentType }).end(body);
        return;
      }
      default:
        return sendJson(response, 404, { detail: 'Not found' });
    }
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}
