import type { ProcessStatus } from '@perennial/runtime';
import { every, type Interval } from '@perennial/runtime';
import type { Connections } from './connections';
import { isRedisUnavailable } from './errors';
import { removeReport, type Reporting, writeReport } from './fleet-reports';

/** A process that is silent for some of them is shown as such. */
const REPORT_MS = 1_000;
/** Old reports are removed with every so many own ones. */
const PRUNE_EVERY = 60;

/** Reports this process to the fleet until it has drained. */
export class FleetReporter {
  private readonly log;
  private readonly reporting: Reporting;
  private interval: Interval | undefined;
  private written = 0;

  constructor(
    private readonly connections: Connections,
    private readonly status: () => Promise<ProcessStatus>,
  ) {
    const { keyPrefix, processId, options } = connections;
    this.log = connections.logger('fleet');
    this.reporting = { keyPrefix, processId, service: options.service, instance: options.instanceId };
  }

  start(): void {
    const options = { name: 'report to the fleet', log: this.log, jitter: 0.05, immediately: true };
    this.interval = every(REPORT_MS, () => this.report(), options);
  }

  /** Removes the report; never rejects. */
  async stop(): Promise<void> {
    if (!this.interval) return;
    await this.interval.stop();
    await removeReport(this.connections.commands, this.reporting).catch(() => undefined);
  }

  private async report(): Promise<void> {
    const status = await this.status();
    try {
      const prune = this.written % PRUNE_EVERY === 0;
      const isListed = await writeReport(this.connections.commands, this.reporting, status, prune);
      if (!isListed && this.written === 0) this.log.warn('the fleet is too large to list this process');
      this.written += 1;
    } catch (error) {
      if (!isRedisUnavailable(error)) throw error;
    }
  }
}
