import { Global, Module } from '@nestjs/common';
import { secretKeys } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { GATEWAY_ENV, type GatewayEnv } from '../env';
import { RevocationFeed } from './revocation-feed';
import { Revocations } from './revocations';
import { SessionConnections } from './session-connections';
import { Sessions } from './sessions';

/** Sessions and their end. */
@Global()
@Module({
  providers: [
    { provide: Revocations, useValue: new Revocations() },
    {
      provide: Sessions,
      inject: [GATEWAY_ENV, Revocations, Rpc],
      useFactory: (env: GatewayEnv, revocations: Revocations, rpc: Rpc) =>
        new Sessions(secretKeys(env), revocations, rpc),
    },
    SessionConnections,
    RevocationFeed,
  ],
  exports: [Revocations, Sessions, SessionConnections, RevocationFeed],
})
export class SessionsModule {}
