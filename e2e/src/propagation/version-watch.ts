import { setTimeout as sleep } from 'node:timers/promises';
import {
  behindSettings,
  formatSettingsVersion,
  parseSettingsVersion,
  type SettingsVersion,
} from '@perennial/contracts-gateway';
import { waitFor } from '@perennial/testing/servers';
import { http } from '../support/http';

const EACH_MS = 10;

/** The applied version that a gateway states. */
export async function appliedAt(gateway: string): Promise<SettingsVersion> {
  const { headers } = await http('GET', `${gateway}/api/version`);
  const text = headers['x-settings-version'];
  return parseSettingsVersion(typeof text === 'string' ? text : '') ?? {};
}

/** Watches the applied versions of gateways: none may go back, but where the owner did. */
export class VersionWatch {
  /** Versions that went back, in words. */
  readonly wentBack: string[] = [];
  private readonly latest: SettingsVersion[] = [];
  private readonly watching: Promise<void>;
  private isOpen = true;
  private mayGoBack = false;

  constructor(private readonly gateways: readonly string[]) {
    this.watching = Promise.all(gateways.map((gateway, at) => this.watch(gateway, at))).then(() => undefined);
  }

  /** Waits until every gateway has applied the version. @returns milliseconds of each since `from` (`performance.now()`) */
  converged(version: SettingsVersion, from: number, limitMs: number): Promise<number[]> {
    return Promise.all(
      this.gateways.map(async (gateway, at) => {
        while (behindSettings(this.latest[at] ?? {}, version).length > 0) {
          const ms = performance.now() - from;
          if (ms > limitMs)
            throw new Error(
              `${gateway} has ${formatSettingsVersion(this.latest[at] ?? {})}, not ${formatSettingsVersion(version)}, after ${ms} ms`,
            );
          await sleep(5);
        }
        return performance.now() - from;
      }),
    );
  }

  /** Config's database is restored to this version by `work`: every gateway goes back to it. */
  async restoring(version: number, work: () => Promise<void>): Promise<void> {
    this.mayGoBack = true;
    await work();
    await waitFor(() => this.gateways.every((_, at) => this.latest[at]?.c === version), { timeoutMs: 10_000 });
    this.mayGoBack = false;
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.watching;
  }

  private async watch(gateway: string, at: number): Promise<void> {
    while (this.isOpen) {
      const now = await appliedAt(gateway).catch(() => ({}));
      const before = this.latest[at] ?? {};
      if (Object.keys(now).length > 0) {
        if (!this.mayGoBack && behindSettings(now, before).length > 0)
          this.wentBack.push(`${gateway}: ${formatSettingsVersion(before)} → ${formatSettingsVersion(now)}`);
        this.latest[at] = now;
      }
      await sleep(EACH_MS);
    }
  }
}
