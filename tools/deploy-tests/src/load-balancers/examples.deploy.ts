import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/** A gateway closes an idle connection after 75 s; a balancer that is later than that sends a request into a closed connection. */
const GATEWAY_IDLE_S = 75;

const read = (name: string): unknown => parse(readFileSync(join(ROOT, 'deploy/load-balancers', name), 'utf8'));

describe('traefik/dynamic.yaml', () => {
  const { http } = read('traefik/dynamic.yaml') as {
    http: {
      routers: Record<string, { service: string; middlewares: string[] }>;
      middlewares: Record<string, unknown>;
      services: Record<
        string,
        { loadBalancer: { servers: { url: string }[]; healthCheck: { path: string }; serversTransport: string } }
      >;
      serversTransports: Record<
        string,
        { forwardingTimeouts: { idleConnTimeout: string; responseHeaderTimeout: string } }
      >;
    };
  };

  it('every name that it uses is defined', () => {
    for (const { service, middlewares } of Object.values(http.routers)) {
      expect(Object.keys(http.services)).toContain(service);
      for (const middleware of middlewares) expect(Object.keys(http.middlewares)).toContain(middleware);
    }
    for (const { loadBalancer } of Object.values(http.services)) {
      expect(Object.keys(http.serversTransports)).toContain(loadBalancer.serversTransport);
    }
  });

  it('it probes readiness of two gateways, and closes idle connections before they do', () => {
    const { loadBalancer } = http.services['gateways']!;
    expect(loadBalancer.servers).toHaveLength(2);
    expect(loadBalancer.healthCheck.path).toBe('/ready');
    const { idleConnTimeout, responseHeaderTimeout } =
      http.serversTransports[loadBalancer.serversTransport]!.forwardingTimeouts;
    expect(parseInt(idleConnTimeout, 10)).toBeLessThan(GATEWAY_IDLE_S);
    expect(responseHeaderTimeout).toBe('0s');
  });
});
