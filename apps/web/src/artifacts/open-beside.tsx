import type { Fence } from '@perennial/web-ui/markdown';
import { useContext } from 'react';
import { t } from '../messages';
import { artifactLanguage, OpenBesideContext } from './artifact';

/** Opens a block of code beside the chat, once its fence is closed. */
export function OpenBeside({ language, text, isClosed }: Fence) {
  const open = useContext(OpenBesideContext);
  const kind = artifactLanguage(language);
  if (!open || !kind || !isClosed || text.trim() === '') return null;
  return (
    <button type="button" aria-haspopup="dialog" onClick={() => open({ language: kind, source: text })}>
      {t('code.openBeside')}
    </button>
  );
}
