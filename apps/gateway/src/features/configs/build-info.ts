import { createHash } from 'node:crypto';
import { version } from '../../../package.json';

/** The build. The deployment id changes with the served page, so that open pages reload after a deployment. */
export interface BuildInfo {
  readonly version: string;
  readonly deploymentId: string;
}

/** Injection token of the `BuildInfo`. */
export const BUILD_INFO = Symbol('BUILD_INFO');

export function buildInfoOf(site: { fingerprint: string } | undefined): BuildInfo {
  const deploymentId = createHash('sha256')
    .update(`${version} ${site?.fingerprint ?? ''}`)
    .digest('hex')
    .slice(0, 16);
  return { version, deploymentId };
}
