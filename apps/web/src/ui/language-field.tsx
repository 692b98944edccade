import { useState } from 'react';
import { type Language, LANGUAGES } from '../boot/choices';
import { t } from '../messages';
import { chooseLanguage, useLanguage } from '../messages/language';
import { Problem } from './problem';

/** Chooses the language of the page; each is named in itself. */
export function LanguageField({ id, describedBy }: { id: string; describedBy?: string }) {
  const language = useLanguage();
  const [failed, setFailed] = useState(false);
  const onChoose = (wanted: Language) => {
    setFailed(false);
    chooseLanguage(wanted).catch(() => setFailed(true));
  };
  return (
    <>
      <select
        id={id}
        value={language}
        aria-describedby={describedBy}
        onChange={({ target }) => onChoose(target.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
      <Problem of={failed ? t('error.language') : undefined} />
    </>
  );
}
