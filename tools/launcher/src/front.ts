import { Balancer, type BalancerTarget } from './balancer';
import { isReady } from './health';

const PROBE_EACH_MS = 500;

/** The single port of several gateways: a balancer that follows their readiness. */
export class Front {
  private readonly targets: (BalancerTarget & { healthPort: number })[];
  private readonly balancer: Balancer;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(gateways: readonly { port: number; healthPort: number }[]) {
    this.targets = gateways.map(({ port, healthPort }) => ({ host: '127.0.0.1', port, healthPort, ready: false }));
    this.balancer = new Balancer(this.targets, true);
  }

  /** Resolves to the port; rejects with the system's error. */
  listen(port: number, host: string): Promise<number> {
    void this.probe();
    return this.balancer.listen(port, host);
  }

  close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    return this.balancer.close();
  }

  /** Probes every gateway now. */
  async look(): Promise<void> {
    await Promise.all(this.targets.map(async (target) => (target.ready = await isReady(target.healthPort))));
  }

  private async probe(): Promise<void> {
    await this.look();
    if (!this.closed) this.timer = setTimeout(() => void this.probe(), PROBE_EACH_MS);
  }
}
