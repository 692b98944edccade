import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import * as contract from '@perennial/contracts-auth';
import { databaseFrom, PersistenceModule } from '@perennial/persistence';
import { placementPrints, Runtime, secretKeys } from '@perennial/runtime';
import { callsOf, Connections, TransportModule } from '@perennial/transport';
import { UsersRepository } from './accounts/users.repository';
import { AUTH_ENV, type AuthEnv } from './env';
import { AttemptLimiter } from './limits/attempt-limiter';
import { KnownDevices } from './limits/known-devices';
import { authMigrations } from './migrations';
import { PasswordHasher } from './passwords/password-hasher';
import { PasswordPolicy } from './passwords/password-policy';
import { AccountCreator } from './registration/account-creator';
import { AccountImporter } from './registration/account-importer';
import { AccountLists } from './registration/account-lists';
import { AccountListsController } from './registration/account-lists.controller';
import { FirstAdmin } from './registration/first-admin';
import { RegistrationController } from './registration/registration.controller';
import { RegistrationService } from './registration/registration.service';
import { RegistrationSettings } from './registration/registration-settings';
import { SetupSecret } from './registration/setup-secret';
import { parseLifetime } from './sessions/lifetime';
import { RevocationNumbering } from './sessions/revocation-numbering';
import { RevocationsRepository } from './sessions/revocations.repository';
import { SessionsController } from './sessions/sessions.controller';
import { SessionsRepository } from './sessions/sessions.repository';
import { SessionsService } from './sessions/sessions.service';
import { SignInService } from './sessions/sign-in.service';
import { TokenIssuer } from './sessions/token-issuer';
import { AccountController } from './users/account.controller';
import { AccountService } from './users/account.service';
import { DirectoryRepository } from './users/directory.repository';
import { PlacementCheck } from './users/placement-check';
import { UsersController } from './users/users.controller';
import { UsersService } from './users/users.service';

const PRUNE_MS = 10 * 60 * 1_000;

/** Accounts and sessions. */
@Module({
  controllers: [SessionsController, RegistrationController, AccountListsController, UsersController, AccountController],
  providers: [
    RevocationsRepository,
    SessionsRepository,
    RevocationNumbering,
    UsersRepository,
    DirectoryRepository,
    SessionsService,
    SignInService,
    UsersService,
    PlacementCheck,
    RegistrationService,
    RegistrationSettings,
    AccountCreator,
    AccountImporter,
    AccountLists,
    FirstAdmin,
    PasswordPolicy,
    { provide: SetupSecret, inject: [AUTH_ENV], useFactory: (env: AuthEnv) => new SetupSecret(secretKeys(env)) },
    AccountService,
    {
      provide: PasswordHasher,
      inject: [AUTH_ENV],
      useFactory: (env: AuthEnv) =>
        new PasswordHasher({ concurrency: env.PASSWORD_HASH_CONCURRENCY, queue: env.PASSWORD_HASH_QUEUE }),
    },
    { provide: KnownDevices, inject: [AUTH_ENV], useFactory: (env: AuthEnv) => new KnownDevices(secretKeys(env)) },
    {
      provide: TokenIssuer,
      inject: [AUTH_ENV],
      useFactory: (env: AuthEnv) => new TokenIssuer(env.SECRET_KEY, parseLifetime(env.JWT_EXPIRES_IN) ?? null),
    },
    {
      provide: AttemptLimiter,
      inject: [Connections, AUTH_ENV, Runtime],
      useFactory: (connections: Connections, env: AuthEnv, { security }: Runtime) => {
        const limits = {
          windowSeconds: env.SIGN_IN_WINDOW_SECONDS,
          perAccount: env.SIGN_IN_ATTEMPTS_PER_ACCOUNT,
          perAccountOverall: env.SIGN_IN_ATTEMPTS_PER_ACCOUNT_OVERALL,
          perAddress: env.SIGN_IN_ATTEMPTS_PER_ADDRESS,
          signUpsPerAddress: env.SIGN_UPS_PER_ADDRESS,
          signInsPerAccount: env.SIGN_INS_PER_ACCOUNT,
        };
        return new AttemptLimiter(connections.commands, connections.keyPrefix, limits, (limit, address) =>
          security.record(limit.startsWith('sign-up') ? 'sign_up' : 'sign_in', {
            outcome: 'limited',
            limit,
            client_address: address,
          }),
        );
      },
    },
  ],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly runtime: Runtime,
    private readonly sessions: SessionsService,
  ) {}

  static forRoot(env: AuthEnv, runtime: Runtime): DynamicModule {
    const placements = placementPrints(env.PLACEMENTS);
    runtime.status.provide({ placements: () => placements });
    return {
      module: AuthModule,
      imports: [
        PersistenceModule.forRoot({
          ...databaseFrom(env),
          schema: 'auth',
          migrations: authMigrations,
          callResults: true,
        }),
        TransportModule.forRoot({
          redisUrl: env.REDIS_URL,
          keyPrefix: env.REDIS_KEY_PREFIX,
          secretKeys: secretKeys(env),
          requireSigned: env.REDIS_REQUIRE_SIGNED,
          service: 'auth',
          instanceId: runtime.instance,
          calls: callsOf(contract),
          metrics: runtime.metrics,
          log: runtime.log,
          status: () => runtime.status.read(),
        }),
      ],
      providers: [{ provide: AUTH_ENV, useValue: env }],
    };
  }

  onModuleInit(): void {
    this.runtime.every(PRUNE_MS, () => this.sessions.prune(), { name: 'prune sessions', jitter: 0.5 });
  }
}
