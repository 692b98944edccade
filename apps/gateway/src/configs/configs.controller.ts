import { Controller, Inject, Req } from '@nestjs/common';
import { settings } from '@perennial/contracts-config';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import type { AppConfig } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { FastifyRequest } from 'fastify';
import { isLocalClient } from '../edge/attempt-origin';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { GATEWAY_ENV, type GatewayEnv } from '../env';
import { NO_LIMITS, RetrievalLimits } from '../retrieval/retrieval-limits';
import { SocketUsers } from '../sockets/socket-users';
import { appConfigOf } from './app-config';
import { BUILD_INFO, type BuildInfo } from './build-info';
import { SettingsCache } from './settings-cache';

@Controller()
export class ConfigsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly cache: SettingsCache,
    private readonly sockets: SocketUsers,
    private readonly limits: RetrievalLimits,
    @Inject(BUILD_INFO) private readonly build: BuildInfo,
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
  ) {}

  @Endpoint(routes.configs.get)
  async config(@Req() request: FastifyRequest): Promise<AppConfig> {
    const { caller } = request;
    const [known, files] = await Promise.all([this.cache.known(), caller ? this.limits.known() : NO_LIMITS]);
    const needsSetupSecret = !isLocalClient(request, this.env.HOST);
    return appConfigOf({ ...known, files, version: this.build.version, needsSetupSecret }, caller);
  }

  @Endpoint(routes.configs.version)
  version(): RouteReply<typeof routes.configs.version> {
    return { version: this.build.version, deployment_id: this.build.deploymentId };
  }

  /** We ask nobody on the internet: the newest version known is this one. */
  @Endpoint(routes.configs.versionUpdates)
  updates(): RouteReply<typeof routes.configs.versionUpdates> {
    return { current: this.build.version, latest: this.build.version };
  }

  @Endpoint(routes.configs.changelog)
  changelog(): RouteReply<typeof routes.configs.changelog> {
    return {};
  }

  @Endpoint(routes.configs.usage)
  usage(): RouteReply<typeof routes.configs.usage> {
    return { model_ids: [], user_count: this.sockets.count };
  }

  @Endpoint(routes.configs.banners)
  async banners(@From() { principal }: Caller): Promise<RouteReply<typeof routes.configs.banners>> {
    return (await this.rpc.call(settings.get, {}, { principal })).banners;
  }

  @Endpoint(routes.configs.updateBanners)
  async updateBanners(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.configs.updateBanners>,
  ): Promise<RouteReply<typeof routes.configs.updateBanners>> {
    return (await this.rpc.call(settings.updateBanners, body, { principal })).banners;
  }
}
