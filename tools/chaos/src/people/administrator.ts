import { setTimeout as sleep } from 'node:timers/promises';
import { parseSettingsVersion, type RouteReply, routes, SETTINGS_VERSION_HEADER } from '@perennial/contracts-gateway';
import { type Account, PASSWORD } from '@perennial/e2e/support/accounts';
import { http, httpUntilAnswered } from '@perennial/e2e/support/http';
import type { Random } from '@perennial/e2e/support/random';
import type { Revocation } from '../record/history';
import type { Recorder } from '../record/recorder';

const CHANGE_PAUSE_MS = { least: 300, most: 1_500 };
const REVOKE_PAUSE_MS = { least: 2_000, most: 5_000 };
const READ_PAUSE_MS = 150;
/** A session is watched for this long after its end. */
const PROBED_MS = 3_000;
const PROBE_PAUSE_MS = 100;
/** A probe waits no longer: a paused gateway would keep it, and its answer counts by when it was sent. */
const PROBE_LIMIT_MS = 10_000;

export interface AdministratorOptions {
  baseUrl: string;
  /** The own address of each gateway. */
  gateways: readonly string[];
  admin: Account;
  /** An account that is demoted and signed out again and again. */
  guest: { id: string; email: string };
  recorder: Recorder;
  random: Random;
}

/** The administrator raises a setting, one value after another, and ends sessions; others read and try whether that is known everywhere. */
export class Administrator {
  private over = false;
  private value = 0;

  constructor(private readonly options: AdministratorOptions) {}

  /** Works until `stop`. */
  async work(): Promise<void> {
    const { gateways } = this.options;
    await Promise.all([
      this.changeSettings(),
      this.endSessions(),
      ...gateways.map((gateway, at) => this.readSettings(gateway, `reader-${at + 1}`)),
    ]);
  }

  stop(): void {
    this.over = true;
  }

  private async changeSettings(): Promise<void> {
    const { recorder, random } = this.options;
    while (!this.over) {
      const value = this.value + 1;
      const sentAt = Date.now();
      const banner = { id: 'chaos', type: 'info', content: String(value), dismissible: true, timestamp: 0 };
      const reply = await this.call('POST', routes.configs.updateBanners.path, { banners: [banner] });
      if (reply.status !== 200) {
        recorder.complain('administrator', sentAt, `saving a setting was answered ${reply.status}`);
        continue;
      }
      this.value = value;
      recorder.writes.push({ value, sentAt, acknowledgedAt: Date.now() });
      await sleep(random.between(CHANGE_PAUSE_MS.least, CHANGE_PAUSE_MS.most));
    }
  }

  private async readSettings(gateway: string, reader: string): Promise<void> {
    const { recorder, admin } = this.options;
    while (!this.over) {
      const sentAt = Date.now();
      try {
        const reply = await http<RouteReply<typeof routes.configs.banners>>(
          ...(['GET', gateway + routes.configs.banners.path] as const),
          { token: admin.token },
        );
        const value = Number(reply.body[0]?.content ?? 0);
        if (reply.status === 200) {
          const applied = parseSettingsVersion(String(reply.headers[SETTINGS_VERSION_HEADER] ?? '')) ?? {};
          recorder.reads.push({ reader, gateway, sentAt, at: Date.now(), value, applied });
        }
      } catch {
        // This gateway was killed: people reach the other one.
      }
      await sleep(READ_PAUSE_MS);
    }
  }

  private async endSessions(): Promise<void> {
    const { recorder, random } = this.options;
    while (!this.over) {
      const from = Date.now();
      try {
        await this.endOneSession(random.next() < 0.5);
      } catch (error) {
        recorder.complain('guest', from, error instanceof Error ? error.message : String(error));
        // A lost change of the role would keep the guest out for good.
        await this.setRole('user').catch(() => undefined);
      }
      await sleep(random.between(REVOKE_PAUSE_MS.least, REVOKE_PAUSE_MS.most));
    }
  }

  private async endOneSession(demotes: boolean): Promise<void> {
    const { baseUrl, guest, gateways, recorder } = this.options;
    const signedIn = await httpUntilAnswered<{ token: string }>(
      ...(['POST', baseUrl + routes.auths.signIn.path] as const),
      { body: { email: guest.email, password: PASSWORD } },
      recorder.failed,
    );
    recorder.requests += 1;
    if (signedIn.status !== 200) throw new Error(`signing in was answered ${signedIn.status}`);
    const { token } = signedIn.body;
    // Every gateway knows the session now, and may remember it.
    for (const gateway of gateways) await this.probe(gateway, token);
    const ended = demotes
      ? await this.setRole('pending')
      : await httpUntilAnswered('POST', baseUrl + routes.auths.signOut.path, { token }, recorder.failed);
    recorder.requests += 1;
    if (ended.status !== 200) throw new Error(`ending a session was answered ${ended.status}`);
    const revocation: Revocation = { what: demotes ? 'demoted' : 'signed out', acknowledgedAt: Date.now(), probes: [] };
    recorder.revocations.push(revocation);
    await Promise.all(
      gateways.map(async (gateway) => {
        while (Date.now() < revocation.acknowledgedAt + PROBED_MS) {
          const sentAt = Date.now();
          const status = await this.probe(gateway, token);
          if (status !== undefined) revocation.probes.push({ gateway, sentAt, status });
          await sleep(PROBE_PAUSE_MS);
        }
      }),
    );
    if (demotes) await this.setRole('user');
  }

  private setRole(role: 'user' | 'pending'): Promise<{ status: number }> {
    return this.call('POST', routes.users.update.path.replace(':id', this.options.guest.id), { role });
  }

  /** The status of a read with this token; undefined without an answer. */
  private async probe(gateway: string, token: string): Promise<number | undefined> {
    try {
      const reply = await fetch(gateway + routes.chats.list.path, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(PROBE_LIMIT_MS),
      });
      await reply.arrayBuffer();
      return reply.status;
    } catch {
      return undefined;
    }
  }

  private call(method: 'GET' | 'POST', path: string, body: unknown): Promise<{ status: number }> {
    const { baseUrl, admin, recorder } = this.options;
    recorder.requests += 1;
    return httpUntilAnswered(method, baseUrl + path, { token: admin.token, body }, recorder.failed);
  }
}
