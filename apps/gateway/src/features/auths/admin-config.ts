import type { registration } from '@perennial/contracts-auth';
import type { Settings } from '@perennial/contracts-config';
import type { RouteInput, routes } from '@perennial/contracts-gateway';
import type { CallReply, CallRequest } from '@perennial/contracts-kernel';
import type { AdminConfig } from '@perennial/contracts-wire';
import { Problem } from '../../problem';

type Change = RouteInput<typeof routes.auths.updateAdminConfig>['body'];

/** Fields of features that we do not have, with values that mean "none". */
const NOT_OFFERED = {
  ENABLE_MFA: false,
  MFA_ALLOW_OAUTH_BYPASS: false,
  MFA_ALLOW_TRUSTED_HEADER_BYPASS: false,
  SHOW_ADMIN_DETAILS: false,
  ADMIN_EMAIL: null,
  WEBUI_URL: '',
  ENABLE_LOGIN_FORM: true,
  ENABLE_API_KEYS: false,
  ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS: false,
  API_KEYS_ALLOWED_ENDPOINTS: '',
  DEFAULT_GROUP_ID: '',
  DEFAULT_INTERFACE_SETTINGS: {},
  I18N: {},
  ENABLE_COMMUNITY_SHARING: false,
  ENABLE_MESSAGE_RATING: false,
  ENABLE_FOLDERS: false,
  FOLDER_MAX_FILE_COUNT: '',
  AUTOMATION_MAX_COUNT: '',
  AUTOMATION_MIN_INTERVAL: '',
  ENABLE_AUTOMATIONS: false,
  ENABLE_CHANNELS: false,
  ENABLE_ENCRYPTED_CHANNELS: false,
  ENABLE_APPS: false,
  CHANNEL_MODEL_RESPONSE_MODE: 'thread',
  ENABLE_CALENDAR: false,
  ENABLE_MEMORIES: false,
  ENABLE_MEMORY_SYSTEM_CONTEXT: false,
  ENABLE_SKILL_LAZY_LOADING: false,
  SKILL_CONTENT_MAX_CHARS: null,
  SKILL_PREVIEW_MAX_CHARS: null,
  ENABLE_NOTES: false,
  ENABLE_USER_WEBHOOKS: false,
  ENABLE_USER_STATUS: false,
  RESPONSE_WATERMARK: '',
};

export function toAdminConfig(
  { signUp, defaultRole, sessionLifetime }: CallReply<typeof registration.settings>,
  { name, pending }: Settings,
): AdminConfig {
  return {
    ...NOT_OFFERED,
    ENABLE_SIGNUP: signUp,
    DEFAULT_USER_ROLE: defaultRole,
    JWT_EXPIRES_IN: sessionLifetime,
    WEBUI_NAME: name,
    PENDING_USER_OVERLAY_TITLE: pending.title,
    PENDING_USER_OVERLAY_CONTENT: pending.content,
  };
}

/**
 * A switch that seems to be on and does nothing would be worse than a refusal, the more so where it is about safety.
 *
 * @throws Problem 422 when the change has another value of a field that nobody can change here
 */
export function refuseFixed(change: Change, sessionLifetime: string): void {
  const fixed: Record<string, unknown> = { ...NOT_OFFERED, JWT_EXPIRES_IN: sessionLifetime };
  const fields = Object.entries(fixed).flatMap(([field, value]) =>
    sameOrEmpty(change[field], value) ? [] : [{ field, message: reasonOf(field) }],
  );
  const [first] = fields;
  if (first) throw new Problem(422, `${first.field}: ${first.message}`, {}, fields);
}

/** The parts of a change, by the service that keeps them; undefined: it has none. */
export function partsOf(change: Change): {
  registration: CallRequest<typeof registration.updateSettings> | undefined;
  general: { name?: string; pendingTitle?: string; pendingContent?: string } | undefined;
} {
  return {
    registration: present({ signUp: change.ENABLE_SIGNUP, defaultRole: change.DEFAULT_USER_ROLE }),
    general: present({
      name: change.WEBUI_NAME,
      pendingTitle: change.PENDING_USER_OVERLAY_TITLE,
      pendingContent: change.PENDING_USER_OVERLAY_CONTENT,
    }),
  };
}

function reasonOf(field: string): string {
  return field === 'JWT_EXPIRES_IN'
    ? 'is set by the environment variable JWT_EXPIRES_IN of the auth service'
    : 'cannot be changed, because this installation has no such feature';
}

/** Clients send "nothing" in many ways. */
function sameOrEmpty(given: unknown, value: unknown): boolean {
  return given === undefined || JSON.stringify(given) === JSON.stringify(value) || (isEmpty(given) && isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

function present<T extends object>(fields: T): Partial<T> | undefined {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Partial<T>);
}
