import { Injectable, type OnModuleInit } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import { CONFIG_CHANGED, type Settings, settings } from '@perennial/contracts-config';
import { type Interval, Runtime } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';
import { GATEWAY_PRINCIPAL as principal } from '../../sessions/gateway-principal';

const POLL_MS = 900;
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
  private settings: Settings | undefined;
  private fresh = false;
  private auth: { status: AuthStatus; at: number } | undefined;
  private asking: Promise<AuthStatus> | undefined;
  private poll: Interval | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly rpc: Rpc,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.poll = this.runtime.every(POLL_MS, () => this.read(), { name: 'read settings', immediately: true });
    void this.notices.subscribe(CONFIG_CHANGED, () => this.poll?.trigger());
  }

  /** Never rejects: `stale` means that a part is out of date or unknown. */
  async known(): Promise<{ settings: Settings | undefined; auth: AuthStatus | undefined; stale: boolean }> {
    let stale = false;
    const auth = await this.authStatus().catch(() => {
      stale = true;
      return this.auth?.status;
    });
    if (this.settings === undefined && !stale) await this.read().catch(() => (stale = true));
    return { settings: this.settings, auth, stale: stale || !this.fresh };
  }

  /** An account was created here: fetch the status again. */
  forgetAuthStatus(): void {
    this.auth = undefined;
  }

  async read(): Promise<void> {
    try {
      const { version } = await this.rpc.call(settings.version, {}, { principal });
      if (version !== this.settings?.version)
        this.settings = await this.rpc.call(settings.get, {}, { principal, deadlineMs: TIMEOUT_MS });
      this.fresh = true;
    } catch (error) {
      this.fresh = false;
      throw error;
    }
  }

  private async authStatus(): Promise<AuthStatus> {
    if (this.auth !== undefined && Date.now() - this.auth.at < AUTH_STATUS_MS) return this.auth.status;
    this.asking ??= this.rpc
      .call(users.status, {}, { principal, deadlineMs: TIMEOUT_MS })
      .finally(() => (this.asking = undefined));
    const status = await this.asking;
    this.auth = { status, at: Date.now() };
    return status;
  }
}
