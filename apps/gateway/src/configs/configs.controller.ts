import { Controller, Inject, Req } from '@nestjs/common';
import { GET_SETTINGS, UPDATE_BANNERS as SAVE_BANNERS } from '@perennial/contracts-config';
import {
  GET_BANNERS,
  GET_CHANGELOG,
  GET_CONFIG,
  GET_USAGE,
  GET_VERSION,
  GET_VERSION_UPDATES,
  UPDATE_BANNERS,
  type AppConfig,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
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

  @Endpoint(GET_CONFIG)
  async config(@Req() request: FastifyRequest): Promise<AppConfig> {
    const { caller } = request;
    const [known, files] = await Promise.all([this.cache.known(), caller ? this.limits.known() : NO_LIMITS]);
    const needsSetupSecret = !isLocalClient(request, this.env.HOST);
    return appConfigOf({ ...known, files, version: this.build.version, needsSetupSecret }, caller);
  }

  @Endpoint(GET_VERSION)
  version(): RouteReply<typeof GET_VERSION> {
    return { version: this.build.version, deployment_id: this.build.deploymentId };
  }

  /** We ask nobody on the internet: the newest version known is this one. */
  @Endpoint(GET_VERSION_UPDATES)
  updates(): RouteReply<typeof GET_VERSION_UPDATES> {
    return { current: this.build.version, latest: this.build.version };
  }

  @Endpoint(GET_CHANGELOG)
  changelog(): RouteReply<typeof GET_CHANGELOG> {
    return {};
  }

  @Endpoint(GET_USAGE)
  usage(): RouteReply<typeof GET_USAGE> {
    return { model_ids: [], user_count: this.sockets.count };
  }

  @Endpoint(GET_BANNERS)
  async banners(@From() { principal }: Caller): Promise<RouteReply<typeof GET_BANNERS>> {
    return (await this.rpc.call(GET_SETTINGS, {}, { principal })).banners;
  }

  @Endpoint(UPDATE_BANNERS)
  async updateBanners(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_BANNERS>,
  ): Promise<RouteReply<typeof UPDATE_BANNERS>> {
    return (await this.rpc.call(SAVE_BANNERS, body, { principal })).banners;
  }
}
