import '../styles/settings.css';
import type { SessionProfile } from '@perennial/contracts-wire';
import { useEffect, useId, useRef, useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { isTouch } from '../chat/composer-keys';
import { t } from '../messages';
import { addCatalogue, useLanguage } from '../messages/language';
import { Dialog } from '../ui/dialog';
import { SETTINGS_TEXTS, ts } from './messages';
import { findSettings, type Section, SECTIONS, type Setting, SETTINGS } from './registry';
import { SavedLine } from './saved';
import { settingsAddress } from './use-settings';

/** Everything that a person can set: by sections, which have addresses, and found by words. */
export default function Settings({ user }: { user: SessionProfile }) {
  useLanguage();
  const { pathname, hash, state } = useLocation();
  const navigate = useNavigate();
  const [query, setQuery] = useState('');
  const section = SECTIONS.find((name) => pathname.endsWith(`/${name}`)) ?? SECTIONS[0];
  const found = query.trim() === '' ? undefined : findSettings(query);
  const body = useRef<HTMLDivElement>(null);
  // A link may lead to one of them.
  useEffect(() => {
    const wanted = hash === '' ? null : document.getElementById(`setting-${hash.slice(1)}`);
    wanted?.scrollIntoView({ block: 'center' });
    wanted?.querySelector<HTMLElement>('input, select, textarea, button')?.focus();
  }, [hash]);
  useEffect(() => {
    body.current?.scrollTo(0, 0);
  }, [section]);

  const close = () => {
    const behind = (state as { behind?: unknown } | null)?.behind;
    void (behind === undefined ? navigate('/', { replace: true }) : navigate(-1));
  };
  return (
    <Dialog title={t('settings')} className="settings" onClose={close}>
      <input
        type="text"
        inputMode="search"
        ref={focusFirst}
        aria-label={ts('find.name')}
        placeholder={ts('find.name')}
        value={query}
        onChange={({ target }) => setQuery(target.value)}
      />
      <div className="settings-view">
        <nav aria-label={ts('sections')}>
          {SECTIONS.map((name) => (
            <Link
              key={name}
              to={settingsAddress(name)}
              replace
              state={state}
              aria-current={!found && name === section ? 'page' : undefined}
              onClick={() => setQuery('')}
            >
              {ts(`section.${name}`)}
            </Link>
          ))}
        </nav>
        {/* It scrolls, so a keyboard must reach it. */}
        <div ref={body} className="settings-body" tabIndex={0} role="group" aria-label={t('settings')}>
          {found ? (
            <Found settings={found} query={query.trim()} user={user} />
          ) : (
            <SectionView section={section} settings={SETTINGS} user={user} />
          )}
        </div>
      </div>
      <SavedLine />
    </Dialog>
  );
}

/** A dialog gives the focus to what says so in the document. On a phone that would open the keyboard. */
function focusFirst(field: HTMLElement | null): void {
  if (!isTouch()) field?.setAttribute('autofocus', '');
}

interface ListProps {
  settings: readonly Setting[];
  user: SessionProfile;
}

function Found({ settings, query, user }: ListProps & { query: string }) {
  if (settings.length === 0) return <p role="status">{ts('find.nothing', { query })}</p>;
  return SECTIONS.map((section) => <SectionView key={section} section={section} settings={settings} user={user} />);
}

function SectionView({ section, settings, user }: ListProps & { section: Section }) {
  const shown = settings.filter((setting) => setting.section === section);
  const id = useId();
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{ts(`section.${section}`)}</h3>
      {shown.map((setting) => (
        <SettingRow key={setting.id} setting={setting} user={user} />
      ))}
    </section>
  );
}

/** Label left, control right, a sentence below. */
function SettingRow({ setting: { id, name, hint, wide, Control }, user }: { setting: Setting; user: SessionProfile }) {
  const field = useId();
  const words = hint?.();
  const about = words === undefined ? undefined : `${field}-hint`;
  const isGroup = wide === 'group';
  return (
    <div
      id={`setting-${id}`}
      className="setting"
      data-wide={wide !== undefined}
      role={isGroup ? 'group' : undefined}
      aria-labelledby={isGroup ? `${field}-name` : undefined}
    >
      {isGroup ? <span id={`${field}-name`}>{name()}</span> : <label htmlFor={field}>{name()}</label>}
      <Control id={field} name={name()} describedBy={about} user={user} />
      {words !== undefined && (
        <p id={about} className="muted">
          {words}
        </p>
      )}
    </div>
  );
}

/** Resolves when the texts are there in the page's language; without it they are in English. */
export const textsLoaded = addCatalogue(SETTINGS_TEXTS).catch(() => undefined);
