import { Controller } from '@nestjs/common';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { Runtime } from '@perennial/runtime';
import { Route } from '../../http/route';
import { overloaded } from '../../problem';

@Controller()
export class HealthController {
  constructor(private readonly runtime: Runtime) {}

  @Route(routes.health.live)
  live(): RouteReply<typeof routes.health.live> {
    return { status: true };
  }

  /** Needs neither Redis nor the database: without them all replicas would leave the load balancer at once. */
  @Route(routes.health.ready)
  ready(): RouteReply<typeof routes.health.ready> {
    if (this.runtime.drain.leaving) throw overloaded();
    return { status: true };
  }
}
