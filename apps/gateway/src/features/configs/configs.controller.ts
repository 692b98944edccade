import { Controller, Headers, Inject, Req } from '@nestjs/common';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import type { AppConfig } from '@perennial/contracts-wire';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { isLocalClient } from '../../http/attempt-origin';
import { Route } from '../../http/route';
import { NO_LIMITS, RetrievalLimits } from '../retrieval/retrieval-limits';
import { SocketUsers } from '../sockets/socket-users';
import { APP_NAME, toAppConfig } from './app-config';
import { BUILD_INFO, type BuildInfo } from './build-info';
import { toManifest } from './manifest';
import { SettingsCache } from './settings-cache';

@Controller()
export class ConfigsController {
  constructor(
    private readonly cache: SettingsCache,
    private readonly sockets: SocketUsers,
    private readonly limits: RetrievalLimits,
    @Inject(BUILD_INFO) private readonly build: BuildInfo,
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
  ) {}

  @Route(routes.configs.get)
  async config(@Req() request: FastifyRequest): Promise<AppConfig> {
    const { caller } = request;
    const [known, files] = await Promise.all([this.cache.known(), caller ? this.limits.known() : NO_LIMITS]);
    const needsSetupSecret = !isLocalClient(request, this.env.HOST);
    return toAppConfig({ ...known, files, version: this.build.version, needsSetupSecret }, caller);
  }

  @Route(routes.configs.version)
  version(): RouteReply<typeof routes.configs.version> {
    return { version: this.build.version, deployment_id: this.build.deploymentId };
  }

  /** No update check over the internet: the newest known version is this one. */
  @Route(routes.configs.versionUpdates)
  updates(): RouteReply<typeof routes.configs.versionUpdates> {
    return { current: this.build.version, latest: this.build.version };
  }

  @Route(routes.configs.changelog)
  changelog(): RouteReply<typeof routes.configs.changelog> {
    return {};
  }

  @Route(routes.configs.usage)
  usage(): RouteReply<typeof routes.configs.usage> {
    return { model_ids: [], user_count: this.sockets.count };
  }

  @Route(routes.configs.manifest)
  async manifest(@Headers('accept-language') accepted?: string): Promise<Record<string, unknown>> {
    return toManifest((await this.cache.known()).settings?.name ?? APP_NAME, accepted);
  }
}
