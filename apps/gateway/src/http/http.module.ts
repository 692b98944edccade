import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Runtime } from '@perennial/runtime';
import { GATEWAY_ENV, type GatewayEnv } from '../env';
import { AppliedVersions } from '../versions/applied-versions';
import { AccessGuard } from './access.guard';
import { AdmissionControl } from './admission-control';
import { AllowedHosts } from './allowed-hosts';
import { EventStreams } from './event-streams';
import { Origins } from './origins';
import { Proxies } from './proxies';
import { TurnAdmission } from './turn-admission';

/** Number of bodies of the largest size that may arrive at once; smaller ones may be more. */
const BODIES = 64;
const BODIES_PER_USER = 16;
/** Share of all requests that may be requests for answers, which are the dearest. */
const TURNS = 4;

/** Checks before every route: authentication, origin and load. */
@Global()
@Module({
  providers: [
    {
      provide: Origins,
      inject: [GATEWAY_ENV],
      useFactory: (env: GatewayEnv) => new Origins(env.CORS_ALLOW_ORIGIN),
    },
    {
      provide: AllowedHosts,
      inject: [GATEWAY_ENV],
      useFactory: (env: GatewayEnv) => new AllowedHosts(env.ALLOWED_HOSTS),
    },
    { provide: Proxies, inject: [GATEWAY_ENV], useFactory: (env: GatewayEnv) => new Proxies(env.TRUSTED_PROXIES) },
    {
      provide: AdmissionControl,
      inject: [GATEWAY_ENV, Runtime],
      useFactory: (env: GatewayEnv, runtime: Runtime) => new AdmissionControl(limitsOf(env), runtime),
    },
    {
      provide: TurnAdmission,
      inject: [GATEWAY_ENV, Runtime],
      useFactory: (env: GatewayEnv, runtime: Runtime) =>
        new TurnAdmission({ most: Math.ceil(env.MAX_REQUESTS / TURNS), targetMs: env.TURN_ACCEPT_TARGET_MS }, runtime),
    },
    { provide: APP_GUARD, useClass: AccessGuard },
    EventStreams,
    AppliedVersions,
  ],
  exports: [Origins, AllowedHosts, Proxies, AdmissionControl, TurnAdmission, EventStreams, AppliedVersions],
})
export class HttpModule {}

function limitsOf(env: GatewayEnv) {
  return {
    requests: env.MAX_REQUESTS,
    requestsPerUser: env.MAX_REQUESTS_PER_USER,
    streams: env.MAX_STREAMS,
    streamsPerUser: env.MAX_STREAMS_PER_USER,
    bodyBytes: BODIES * env.BODY_LIMIT_BYTES,
    bodyBytesPerUser: BODIES_PER_USER * env.BODY_LIMIT_BYTES,
    uploads: env.MAX_UPLOADS,
    uploadsPerUser: env.MAX_UPLOADS_PER_USER,
  };
}
