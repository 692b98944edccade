import { Injectable, type OnModuleInit } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import { CONFIG_CHANGED, type Settings, settings } from '@perennial/contracts-config';
import { type Interval, LastVersion, Runtime, VersionedCache } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';
import { GATEWAY_PRINCIPAL as principal } from '../../sessions/gateway-principal';
import { AppliedVersions } from '../../versions/applied-versions';

const POLL_MS = 700;
const KEY = 'installation';
/** How long auth's reply is cached; a first page load needs it three times. */
const AUTH_STATUS_MS = 500;
/** The page must not wait long for optional data. */
const TIMEOUT_MS = 2_000;

interface AuthStatus {
  onboarding: boolean;
  signUpEnabled: boolean;
}

/**
 * The last known settings of the installation, so that the page and its configuration are served while Redis is away.
 */
@Injectable()
export class SettingsCache implements OnModuleInit {
  private readonly settings: VersionedCache<Settings>;
  private readonly auth = new VersionedCache<AuthStatus>({ maxAgeMs: AUTH_STATUS_MS, keepMs: Infinity });
  private isFresh = false;
  private poll: Interval | undefined;
  private readonly read: () => Promise<void>;

  constructor(
    private readonly runtime: Runtime,
    private readonly rpc: Rpc,
    private readonly notices: Notices,
    versions: AppliedVersions,
  ) {
    const last = new LastVersion({
      ask: async () => (await this.rpc.call(settings.version, {}, { principal })).version,
    });
    this.settings = new VersionedCache({ version: { last, of: ({ version }) => version } });
    this.read = versions.register('c', {
      applied: () => this.settings.peek(KEY)?.version,
      read: () => this.load(),
    });
    runtime.status.provide({ settings: () => versions.text });
    const help = 'Version of the settings that this process has applied';
    runtime.metrics.gauge('settings_version', help, ['settings'], (gauge) => {
      const applied = this.settings.peek(KEY);
      if (applied) gauge.set({ settings: 'installation' }, applied.version);
    });
  }

  onModuleInit(): void {
    this.poll = this.runtime.every(POLL_MS, () => this.read(), { name: 'read settings', immediately: true });
    void this.notices.subscribe(CONFIG_CHANGED, () => this.poll?.trigger());
  }

  /** Never rejects: `stale` means that a part is out of date or unknown. */
  async known(): Promise<{ settings: Settings | undefined; auth: AuthStatus | undefined; stale: boolean }> {
    let stale = false;
    const auth = await this.authStatus().catch(() => {
      stale = true;
      return this.auth.peek(KEY);
    });
    if (this.settings.peek(KEY) === undefined && !stale) await this.read().catch(() => (stale = true));
    return { settings: this.settings.peek(KEY), auth, stale: stale || !this.isFresh };
  }

  /** An account was created here: fetch the status again. */
  forgetAuthStatus(): void {
    this.auth.forget();
  }

  private async load(): Promise<void> {
    try {
      await this.settings.fresh(KEY, () => this.rpc.call(settings.get, {}, { principal, deadlineMs: TIMEOUT_MS }));
      this.isFresh = true;
    } catch (error) {
      this.isFresh = false;
      throw error;
    }
  }

  private async authStatus(): Promise<AuthStatus> {
    const known = await this.auth.current(KEY);
    return known ?? this.auth.load(KEY, () => this.rpc.call(users.status, {}, { principal, deadlineMs: TIMEOUT_MS }));
  }
}
