import { useLocation } from 'react-router';
import { t } from '../messages';
import { useStore } from '../state/store';
import { HAS_BOX } from '../state/window';

const SKIPS = [
  { path: '/knowledge', to: '#content', words: 'skip.toDocuments' },
  { path: '/files', to: '#content', words: 'skip.toDocuments' },
] as const;
const TO_THE_BOX = { to: '#composer', words: 'skip.toBox' } as const;
const TO_THE_PAGE = { to: '#content', words: 'skip.toPage' } as const;

/** The first link of each page, past the list of chats: to the message box where there is one. */
export function SkipLink({ inert }: { inert: boolean }) {
  const { pathname } = useLocation();
  const hasBox = useStore(HAS_BOX);
  const { to, words } = SKIPS.find(({ path }) => pathname.startsWith(path)) ?? (hasBox ? TO_THE_BOX : TO_THE_PAGE);
  return (
    <a className="skip-link" href={to} inert={inert}>
      {t(words)}
    </a>
  );
}
