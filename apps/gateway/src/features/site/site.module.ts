import { resolve } from 'node:path';
import { Module } from '@nestjs/common';
import type { BlobStore } from '@perennial/blob-store';
import { jittered, retry, Runtime, SecretCipher, secretKeys } from '@perennial/runtime';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { BLOB_STORE } from '../files/blob-store';
import { FilesModule } from '../files/files.module';
import { HealthController } from './health.controller';
import { KEPT_RELEASES, KeptReleases } from './kept-releases';
import { OWN_PAGE_ROOT, SITE, Site } from './site';

/** Puts the files of the page back into a store that has lost them, or that files were moved to. */
const PUBLISH_MS = 3_600_000;
/** A process that has just started may not know yet which store has the files. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The page, and the probes of load balancers. */
@Module({
  imports: [FilesModule],
  controllers: [HealthController],
  providers: [
    { provide: SITE, inject: [GATEWAY_ENV, OWN_PAGE_ROOT], useFactory: openSite },
    {
      provide: KEPT_RELEASES,
      inject: [GATEWAY_ENV, { token: SITE, optional: true }, BLOB_STORE, Runtime],
      useFactory: keepReleases,
    },
  ],
  exports: [SITE, KEPT_RELEASES],
})
export class SiteModule {}

/** A `WEB_ROOT` without a page fails at start; our own page may be missing during development. */
async function openSite({ WEB_ROOT }: GatewayEnv, ownPage: string): Promise<Site | undefined> {
  const own = WEB_ROOT === undefined || resolve(WEB_ROOT) === resolve(ownPage);
  const site = await Site.open(WEB_ROOT ?? ownPage, own);
  if (site === undefined && !own) throw new Error(`WEB_ROOT: there is no index.html in ${WEB_ROOT}`);
  return site;
}

/** Only those of our own page: another one may be of any size. */
function keepReleases(
  env: GatewayEnv,
  site: Site | undefined,
  store: BlobStore,
  runtime: Runtime,
): KeptReleases | undefined {
  if (!site?.own) return undefined;
  const cipher = new SecretCipher(secretKeys(env), 'gateway.page');
  const kept = new KeptReleases(store, site, cipher, runtime.logger('site'));
  const pauseMs = (_: unknown, attempt: number): number =>
    jittered(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS));
  runtime.every(PUBLISH_MS, (signal) => retry(() => kept.publish(signal), { pauseMs, signal }), {
    name: 'keep the files of the page',
    immediately: true,
    until: 'close',
  });
  return kept;
}
