import { call, routes } from '@perennial/web-client';
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { presentUser } from '../auth/use-session';
import { accountPrefix } from '../state/account-prefix';
import { isObject } from '../wire/narrow';

/** What a person has set for all browsers, by the names of the reference's client, so that both see the same. Absent: as it comes. */
export interface Preferences {
  /** Enter begins a line. */
  readonly ctrlEnterToSend?: boolean;
  readonly largeTextAsFile?: boolean;
  /** Of a new chat; the first one counts. */
  readonly models?: readonly string[];
  /** Instructions for all chats. */
  readonly system?: string;
  readonly notificationEnabled?: boolean;
  readonly notificationSound?: boolean;
  /** Whether what one might ask next is written after answers. */
  readonly autoFollowUps?: boolean;
  /** Ours: the page follows the text of an answer. */
  readonly followAnswers?: boolean;
  /** Ours: the code of a language. */
  readonly answerLanguage?: string;
  /** Ours: letters alone are shortcuts. */
  readonly letterShortcuts?: boolean;
}

const PREFERENCES_KEY = ['preferences'];

type Stored = Readonly<Record<string, unknown>>;

/** The preferences, from the first moment on as this browser last knew them. */
export function usePreferences(): Preferences {
  const client = useQueryClient();
  const stored = useQuery({
    queryKey: PREFERENCES_KEY,
    queryFn: async () => keep(client, (await call(routes.users.settings, {})) ?? {}),
    placeholderData: () => kept(client),
    staleTime: Infinity,
    select: toPreferences,
  });
  return stored.data ?? NONE;
}

/** Changes preferences; what other clients have saved beside them stays. What is changed is shown at once, and taken back if it is refused. */
export function useChangePreferences() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: PREFERENCES_KEY,
    // One after the other, because each replaces the whole.
    scope: { id: 'preferences' },
    mutationFn: async (change: Preferences) => {
      const latest = (await call(routes.users.settings, {})) ?? {};
      return call(routes.users.updateSettings, { body: withChange(latest, change) });
    },
    onMutate: async (change) => {
      await client.cancelQueries({ queryKey: PREFERENCES_KEY });
      const before = client.getQueryData<Stored>(PREFERENCES_KEY) ?? kept(client) ?? {};
      client.setQueryData<Stored>(PREFERENCES_KEY, withChange(before, change));
    },
    onSuccess: (settings) => {
      keep(client, settings);
      // Changes that wait are shown already.
      if (client.isMutating({ mutationKey: PREFERENCES_KEY }) === 1) client.setQueryData(PREFERENCES_KEY, settings);
    },
    onError: () => client.invalidateQueries({ queryKey: PREFERENCES_KEY }),
  });
}

/** Where a browser keeps a copy; nowhere while nobody is signed in. */
function keptAt(client: QueryClient): string | undefined {
  const user = presentUser(client);
  return user && `${accountPrefix(user.id)}settings`;
}

function keep(client: QueryClient, settings: Stored): Stored {
  const key = keptAt(client);
  try {
    if (key !== undefined) localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // A browser may refuse: then the server is waited for.
  }
  return settings;
}

function kept(client: QueryClient): Stored | undefined {
  const key = keptAt(client);
  try {
    const copy: unknown = JSON.parse((key === undefined ? null : localStorage.getItem(key)) ?? 'null');
    return isObject(copy) ? copy : undefined;
  } catch {
    return undefined;
  }
}

const NONE: Preferences = {};

/** The settings of an account with a change in them; undefined removes. */
export function withChange(settings: Stored, change: Preferences): Record<string, unknown> {
  const ui = { ...(isObject(settings['ui']) ? settings['ui'] : {}), ...change };
  return { ...settings, ui: Object.fromEntries(Object.entries(ui).filter(([, value]) => value !== undefined)) };
}

/** Any client may have written them. */
export function toPreferences(settings: Stored): Preferences {
  const ui = isObject(settings['ui']) ? settings['ui'] : {};
  const flag = (name: string) => (typeof ui[name] === 'boolean' ? ui[name] : undefined);
  const text = (name: string) => (typeof ui[name] === 'string' && ui[name] !== '' ? ui[name] : undefined);
  const models = Array.isArray(ui['models']) ? ui['models'].filter((id) => typeof id === 'string' && id !== '') : [];
  return {
    ctrlEnterToSend: flag('ctrlEnterToSend'),
    largeTextAsFile: flag('largeTextAsFile'),
    models: models.length > 0 ? models : undefined,
    system: text('system'),
    notificationEnabled: flag('notificationEnabled'),
    notificationSound: flag('notificationSound'),
    autoFollowUps: flag('autoFollowUps'),
    followAnswers: flag('followAnswers'),
    answerLanguage: text('answerLanguage'),
    letterShortcuts: flag('letterShortcuts'),
  };
}
