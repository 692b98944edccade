/**
 * How far the settings and permissions are applied, a number for each owner: `c` counts the changes of config (settings, connections, models,
 * banners), `a` those of auth (roles, passwords, ended sessions, deleted accounts). Who has seen a number has seen every change up to it.
 */
export type SettingsVersion = Readonly<Partial<Record<SettingsOwner, number>>>;

export type SettingsOwner = 'c' | 'a';

/** The paths that carry it: neither pages nor probes. */
export const API_PATHS = /^\/(api|openai|ollama)\//;
/** On replies: the version that the replica had applied when it replied. */
export const SETTINGS_VERSION_HEADER = 'x-settings-version';
/** On requests: the version that the replica must have applied before it answers. */
export const MIN_SETTINGS_VERSION_HEADER = 'x-min-settings-version';
/** The same as a parameter of the query. */
export const MIN_SETTINGS_VERSION = 'min_settings_version';

const OWNERS: readonly SettingsOwner[] = ['c', 'a'];
/** The text of a version. Owners of a later release are allowed and ignored. */
export const SETTINGS_VERSION = /^[a-z]\d{1,15}(\.[a-z]\d{1,15}){0,7}$/;

/** For example `c812.a10442`; empty when no number is known. */
export function formatSettingsVersion(version: SettingsVersion): string {
  return OWNERS.flatMap((owner) => (version[owner] === undefined ? [] : `${owner}${version[owner]}`)).join('.');
}

/** Reads `c812.a10442` or a part of it; undefined when it is malformed or names none of the owners. */
export function parseSettingsVersion(text: string): SettingsVersion | undefined {
  if (!SETTINGS_VERSION.test(text)) return undefined;
  const version: Partial<Record<SettingsOwner, number>> = {};
  for (const part of text.split('.')) {
    const owner = OWNERS.find((each) => part.startsWith(each));
    if (owner !== undefined) version[owner] = Math.max(version[owner] ?? 0, Number(part.slice(1)));
  }
  return Object.keys(version).length === 0 ? undefined : version;
}

/** The later number of each owner. */
export function laterSettings(one: SettingsVersion, other: SettingsVersion): SettingsVersion {
  const entries = OWNERS.flatMap((owner) => {
    const numbers = [one[owner], other[owner]].filter((number) => number !== undefined);
    return numbers.length === 0 ? [] : [[owner, Math.max(...numbers)]];
  });
  return Object.fromEntries(entries) as SettingsVersion;
}

/** The owners whose number is below the wanted one, or unknown. */
export function behindSettings(version: SettingsVersion, wanted: SettingsVersion): SettingsOwner[] {
  return OWNERS.filter((owner) => (wanted[owner] ?? -1) > (version[owner] ?? -1));
}
