import { Controller } from '@nestjs/common';
import { parseSettingsVersion, type RouteReply, routes } from '@perennial/contracts-gateway';
import { Route } from '../../http/route';
import { AppliedVersions } from '../../versions/applied-versions';
import { Fleet } from './fleet';
import { toFleet, toReplica } from './wire';

@Controller()
export class FleetController {
  constructor(
    private readonly fleet: Fleet,
    private readonly versions: AppliedVersions,
  ) {}

  @Route(routes.fleet.list)
  async list(): Promise<RouteReply<typeof routes.fleet.list>> {
    return toFleet(await this.fleet.members());
  }

  @Route(routes.configs.appliedVersions)
  async appliedVersions(): Promise<RouteReply<typeof routes.configs.appliedVersions>> {
    await this.versions.refresh();
    const version = this.versions.text;
    const latest = parseSettingsVersion(version) ?? {};
    const members = await this.fleet.members();
    return { version, replicas: members.flatMap((member) => toReplica(member, latest) ?? []) };
  }
}
