import { Controller } from '@nestjs/common';
import { route } from '@perennial/contracts-gateway';
import { Runtime } from '@perennial/runtime';
import { z } from 'zod';
import { APP_NAME } from '../configs/app-config';
import { SettingsCache } from '../configs/settings-cache';
import { Endpoint } from '../edge/endpoint';
import { overloaded } from '../edge/problem';
import { manifestOf } from './manifest';

const status = z.object({ status: z.literal(true) });

export const HEALTH = route({ method: 'GET', path: '/health', access: 'public', reply: status });
export const READY = route({ method: 'GET', path: '/ready', access: 'public', reply: status });
export const MANIFEST = route({ method: 'GET', path: '/manifest.json', access: 'public', reply: z.looseObject({}) });

@Controller()
export class WebController {
  constructor(
    private readonly runtime: Runtime,
    private readonly settings: SettingsCache,
  ) {}

  @Endpoint(HEALTH)
  health(): z.infer<typeof status> {
    return { status: true };
  }

  /**
   * For load balancers, which turn away while everything is still served. Needs neither Redis nor the database: without them all replicas would leave
   * the load balancer at once.
   */
  @Endpoint(READY)
  ready(): z.infer<typeof status> {
    if (this.runtime.drain.leaving) throw overloaded();
    return { status: true };
  }

  @Endpoint(MANIFEST)
  async manifest(): Promise<Record<string, unknown>> {
    return manifestOf((await this.settings.known()).settings?.name ?? APP_NAME);
  }
}
