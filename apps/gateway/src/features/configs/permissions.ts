import type { Role } from '@perennial/contracts-kernel';
import type { Permissions } from '@perennial/contracts-wire';

const AREAS = {
  workspace:
    'models knowledge prompts tools skills models_import models_export models_hidden prompts_import prompts_export tools_import tools_export skills_import skills_export',
  sharing:
    'models public_models knowledge public_knowledge prompts public_prompts tools public_tools skills public_skills notes public_notes folders public_chats open_chats public_calendars',
  access_grants: 'allow_users allow_groups',
  chat: 'controls valves system_prompt params file_upload web_upload delete delete_message continue_response regenerate_response rate_response edit share export import stt tts call multiple_models temporary temporary_enforced',
  features:
    'api_keys notes channels encrypted_channels folders direct_tool_servers web_search image_generation code_interpreter memories automations calendar webhooks',
  settings: 'interface',
} as const;

/** Rights of an activated account. Areas that we do not have are `false`, so that clients hide them. */
const GRANTED: Readonly<Record<string, ReadonlySet<string>>> = {
  workspace: new Set(['knowledge']),
  chat: new Set([
    'controls',
    'file_upload',
    'system_prompt',
    'params',
    'delete',
    'regenerate_response',
    'export',
    'import',
    'multiple_models',
  ]),
  settings: new Set(['interface']),
};

const all = (granted: (area: string, right: string) => boolean): Permissions =>
  Object.fromEntries(
    Object.entries(AREAS).map(([area, rights]) => [
      area,
      Object.fromEntries(rights.split(' ').map((right) => [right, granted(area, right)])),
    ]),
  );

const ACTIVATED = all((area, right) => GRANTED[area]?.has(right) ?? false);
const NONE = all(() => false);

/** The rights of a role, with every key that clients read. */
export function toPermissions(role: Role): Permissions {
  return role === 'pending' ? NONE : ACTIVATED;
}
