import { Inject, Injectable } from '@nestjs/common';
import type { registration, users } from '@perennial/contracts-auth';
import type { CallParsedRequest, CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { Database, type Queryable, UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { AUTH_ENV, type AuthEnv } from '../env';

type Effective = CallReply<typeof registration.updateSettings>;

/**
 * Who may make an account. It is read from Postgres at each sign-up, in its transaction: no replica has a copy that could leave a closed door
 * open.
 */
@Injectable()
export class RegistrationSettings {
  constructor(
    private readonly runtime: Runtime,
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    @Inject(AUTH_ENV) private readonly env: AuthEnv,
  ) {}

  async read(db: Queryable = this.database): Promise<Effective> {
    const row = await db.first<{ value: Partial<Effective> }>(
      `SELECT value FROM settings WHERE key = 'registration'`,
      [],
      { name: 'registration.settings' },
    );
    return this.effective(row?.value);
  }

  /** In one statement: pages that are opened ask for it. */
  async status(): Promise<CallReply<typeof users.status>> {
    const row = await this.database.first<{ found: boolean; value: Partial<Effective> | null }>(
      `SELECT EXISTS (SELECT 1 FROM users) AS found, (SELECT value FROM settings WHERE key = 'registration') AS value`,
      [],
      { name: 'registration.status' },
    );
    const onboarding = !(row?.found ?? false);
    return { onboarding, signUpEnabled: onboarding || this.effective(row?.value ?? {}).signUp };
  }

  async shown(): Promise<CallReply<typeof registration.settings>> {
    return { ...(await this.read()), sessionLifetime: this.env.JWT_EXPIRES_IN };
  }

  /** Fields that are missing stay: of two administrators at once, both get what only they changed. */
  async update(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof registration.updateSettings>,
    key: string,
  ): Promise<Effective> {
    const scope = `auth.registration.updateSettings:${principal.userId}`;
    return this.unitOfWork.once({ scope, key, request }, async (tx) => {
      const row = await tx.first<{ value: Partial<Effective> }>(
        `INSERT INTO settings (key, value) VALUES ('registration', $1)
         ON CONFLICT (key) DO UPDATE SET value = settings.value || excluded.value RETURNING value`,
        [JSON.stringify(request)],
      );
      const told = { actor_id: principal.userId, fields: Object.keys(request) };
      tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
      return this.effective(row?.value);
    });
  }

  private effective(saved: Partial<Effective> = {}): Effective {
    return {
      signUp: saved.signUp ?? this.env.ENABLE_SIGNUP ?? false,
      defaultRole: saved.defaultRole ?? this.env.DEFAULT_USER_ROLE,
    };
  }
}
