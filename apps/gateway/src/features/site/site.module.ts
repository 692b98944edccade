import { resolve } from 'node:path';
import { Module } from '@nestjs/common';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { HealthController } from './health.controller';
import { OWN_PAGE_ROOT, SITE, Site } from './site';

/** The page, and the probes of load balancers. */
@Module({
  controllers: [HealthController],
  providers: [{ provide: SITE, inject: [GATEWAY_ENV, OWN_PAGE_ROOT], useFactory: openSite }],
  exports: [SITE],
})
export class SiteModule {}

/** A `WEB_ROOT` without a page fails at start; our own page may be missing during development. */
async function openSite({ WEB_ROOT }: GatewayEnv, ownPage: string): Promise<Site | undefined> {
  const own = WEB_ROOT === undefined || resolve(WEB_ROOT) === resolve(ownPage);
  const site = await Site.open(WEB_ROOT ?? ownPage, own);
  if (site === undefined && !own) throw new Error(`WEB_ROOT: there is no index.html in ${WEB_ROOT}`);
  return site;
}
