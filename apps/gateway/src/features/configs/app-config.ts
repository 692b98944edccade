import type { Settings } from '@perennial/contracts-config';
import type { AppConfig } from '@perennial/contracts-wire';
import type { Caller } from '../../sessions/caller';
import type { FileLimits } from '../retrieval/retrieval-limits';
import { toPermissions } from './permissions';

export const APP_NAME = 'Perennial';

/** The known state of the installation; undefined parts could not be fetched yet. */
export interface Known {
  settings: Settings | undefined;
  auth: { onboarding: boolean; signUpEnabled: boolean } | undefined;
  /** The parts are the last known ones, or defaults: the services are unavailable. */
  stale: boolean;
  version: string;
  files: FileLimits;
  /** This caller needs the set-up secret to create the first account. */
  needsSetupSecret: boolean;
}

/** Features that every page must know before anyone has signed in. */
const publicFeatures = (signUp: boolean) => ({
  slim: false,
  auth: true,
  auth_trusted_header: false,
  enable_signup_password_confirmation: false,
  enable_ldap: false,
  enable_signup: signUp,
  enable_login_form: true,
  enable_websocket: true,
});

const ON = ['enable_password_change_form', 'enable_autocomplete_generation'] as const;

/** Sent although false: clients hide false features and may show missing ones. */
const OFF = (
  'api_keys version_update_check pyodide_file_persistence public_active_users_count easter_eggs direct_connections ' +
  'direct_integrations plugins tools functions tool_servers terminal_servers folders channels encrypted_channels apps calendar ' +
  'automations notes context_compaction tool_permissions web_search web_search_confirmation code_execution code_interpreter ' +
  'image_generation tags_generation community_sharing message_rating user_webhooks user_status admin_export ' +
  'admin_chat_access admin_analytics google_drive_integration onedrive_integration memories subagents'
)
  .split(' ')
  .map((name) => `enable_${name}`);

/** The page's configuration for a caller, or for a client that is not signed in. */
export function toAppConfig(known: Known, caller: Caller | undefined): AppConfig {
  const { settings, auth } = known;
  const config: AppConfig = {
    ...(auth?.onboarding ? { onboarding: true as const } : {}),
    ...(auth?.onboarding && known.needsSetupSecret ? { setup_secret: true as const } : {}),
    ...(known.stale ? { stale: true as const } : {}),
    status: true,
    name: settings?.name ?? APP_NAME,
    version: known.version,
    default_locale: settings?.defaultLocale ?? '',
    i18n: {},
    oauth: { providers: {}, auto_redirect: false },
    features: publicFeatures(auth?.signUpEnabled ?? false),
  };
  if (caller === undefined) return config;
  if (caller.user.role === 'pending') {
    return { ...config, ui: waitingWords(settings) };
  }
  return {
    ...config,
    features: {
      ...config.features,
      ...Object.fromEntries(OFF.map((name) => [name, false])),
      ...Object.fromEntries(ON.map((name) => [name, true])),
      enable_title_generation: settings?.tasks.titleGeneration ?? true,
      enable_follow_up_generation: settings?.tasks.followUpGeneration ?? true,
      folder_max_file_count: '',
      web_search_confirmation_content: '',
    },
    default_models: settings?.defaultModels ?? null,
    default_pinned_models: null,
    default_prompt_suggestions: settings?.suggestions ?? [],
    default_prompt_suggestions_i18n: {},
    code: { engine: '', interpreter_engine: '' },
    audio: {
      realtime: { enabled: false, model: '', voice: '' },
      tts: { engine: '', voice: '', split_on: 'punctuation' },
      stt: { engine: '' },
    },
    file: {
      max_size: known.files.maxSize,
      max_count: known.files.maxCount,
      image_compression: { width: null, height: null },
    },
    permissions: toPermissions(caller.user.role),
    ui: { ...waitingWords(settings), response_watermark: '' },
  };
}

/** What an account that waits to be let in reads. */
function waitingWords(settings: Settings | undefined) {
  const { title, content } = settings?.pending ?? { title: '', content: '' };
  return { pending_user_overlay_title: title, pending_user_overlay_content: content };
}
