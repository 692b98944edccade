import { useId } from 'react';
import { t } from '../messages';
import { useLanguage } from '../messages/language';
import { Dialog } from '../ui/dialog';
import { chooseLook, useLook } from '../ui/theme';
import { LanguageField } from './language-field';

/** What a person sets for this browser: the language and the look of the page. */
export default function Settings({ onClose }: { onClose: () => void }) {
  useLanguage();
  const { own } = useLook();
  const id = useId();
  return (
    <Dialog title={t('settings')} className="settings" onClose={onClose}>
      <div className="setting">
        <label htmlFor={`${id}-language`}>{t('settings.language')}</label>
        <LanguageField id={`${id}-language`} describedBy={`${id}-hint`} />
        <p id={`${id}-hint`} className="muted">
          {t('settings.language.hint')}
        </p>
      </div>
      <LookField
        part="theme"
        label={t('settings.theme')}
        value={own.theme}
        choices={[
          ['light', t('settings.theme.light')],
          ['dark', t('settings.theme.dark')],
        ]}
      />
      <LookField
        part="contrast"
        label={t('settings.contrast')}
        value={own.contrast}
        choices={[
          ['normal', t('settings.contrast.normal')],
          ['more', t('settings.contrast.more')],
        ]}
      />
    </Dialog>
  );
}

interface LookFieldProps {
  part: 'theme' | 'contrast';
  label: string;
  value: string | undefined;
  choices: readonly (readonly [value: string, words: string])[];
}

/** A part of the look; the system decides until something is chosen. */
function LookField({ part, label, value = '', choices }: LookFieldProps) {
  const id = useId();
  return (
    <div className="setting">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={({ target }) => chooseLook(part, target.value || undefined)}>
        {[['', t('settings.system')] as const, ...choices].map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
