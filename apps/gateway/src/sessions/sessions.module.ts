import { Global, Module } from '@nestjs/common';
import { secretKeys } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { GATEWAY_ENV, type GatewayEnv } from '../env';
import { FeedCurrency } from './feed-currency';
import { RevocationFeed } from './revocation-feed';
import { Revocations } from './revocations';
import { SessionConnections } from './session-connections';
import { Sessions } from './sessions';

/** Sessions and their end. */
@Global()
@Module({
  providers: [
    { provide: Revocations, useValue: new Revocations() },
    { provide: FeedCurrency, useValue: new FeedCurrency() },
    {
      provide: Sessions,
      inject: [GATEWAY_ENV, Revocations, FeedCurrency, Rpc],
      useFactory: (env: GatewayEnv, revocations: Revocations, currency: FeedCurrency, rpc: Rpc) =>
        new Sessions(secretKeys(env), revocations, currency, rpc),
    },
    SessionConnections,
    RevocationFeed,
  ],
  exports: [Revocations, Sessions, SessionConnections, RevocationFeed],
})
export class SessionsModule {}
