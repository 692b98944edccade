import {
  formatSettingsVersion,
  laterSettings,
  parseSettingsVersion,
  type SettingsVersion,
} from '@perennial/contracts-gateway';

/** By then every replica has applied a change, even if its notice was lost. */
const ASK_FOR_MS = 5_000;

/**
 * Lets a page read its own changes of settings, whichever replica answers: for some seconds after a change its requests name the version
 * that the reply to the change had.
 */
export class SettingsSeen {
  private least: SettingsVersion | undefined;
  private until = 0;

  /** @param version the header of a reply to a change */
  changed(version: string | null, now = performance.now()): void {
    const seen = parseSettingsVersion(version ?? '');
    if (seen === undefined) return;
    this.least = laterSettings(this.least ?? {}, seen);
    this.until = now + ASK_FOR_MS;
  }

  /** The version that the next request should ask for, if any. */
  wanted(now = performance.now()): string | undefined {
    if (this.least !== undefined && now >= this.until) this.least = undefined;
    return this.least && formatSettingsVersion(this.least);
  }

  /** No replica has this version: it was lost, or they cannot be reached. */
  forget(): void {
    this.least = undefined;
  }
}
