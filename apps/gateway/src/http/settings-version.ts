import {
  API_PATHS,
  laterSettings,
  MIN_SETTINGS_VERSION,
  MIN_SETTINGS_VERSION_HEADER,
  parseSettingsVersion,
  SETTINGS_VERSION_HEADER,
  type SettingsVersion,
} from '@perennial/contracts-gateway';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problem';
import { AppliedVersions } from '../versions/applied-versions';
import type { ErrorFilter } from './error.filter';

/**
 * Puts the applied version of the settings on each reply of the API, and lets a request wait until the version that it names is applied. It
 * waits before its session is checked, because roles and ended sessions are part of the version.
 */
export function answerWithSettingsVersion(fastify: FastifyInstance, versions: AppliedVersions, errors: ErrorFilter) {
  fastify.addHook('preHandler', (request, reply, done) => {
    let wanted: SettingsVersion | undefined;
    try {
      wanted = wantedBy(request);
    } catch (error) {
      return errors.answer(error, request, reply);
    }
    if (wanted === undefined) return done();
    versions.reach(wanted).then(
      () => done(),
      (error: unknown) => errors.answer(error, request, reply),
    );
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    const { text } = versions;
    if (text !== '' && API_PATHS.test(request.url)) void reply.header(SETTINGS_VERSION_HEADER, text);
    done();
  });
}

/** @throws Problem 422 */
function wantedBy({ query, headers }: FastifyRequest): SettingsVersion | undefined {
  const asked = (query as Record<string, unknown> | undefined)?.[MIN_SETTINGS_VERSION];
  const header = headers[MIN_SETTINGS_VERSION_HEADER];
  const wanted = [asked, header].filter((value) => value !== undefined).map(parse);
  return wanted.length === 0 ? undefined : wanted.reduce(laterSettings);
}

function parse(value: unknown): SettingsVersion {
  const version = typeof value === 'string' ? parseSettingsVersion(value) : undefined;
  if (version !== undefined) return version;
  const message = 'must be a settings version such as c812.a10442';
  throw new Problem(422, `${MIN_SETTINGS_VERSION}: ${message}`, {}, [{ field: MIN_SETTINGS_VERSION, message }]);
}
