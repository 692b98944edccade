import { useState } from 'react';
import { t } from '../../messages';
import { Dialog } from '../../ui/dialog';
import type { ShownPicture } from '../pictures';

/** The pictures of a message; one of them is shown larger above the page. */
export function MessagePictures({ pictures }: { pictures: readonly ShownPicture[] }) {
  const [opened, setOpened] = useState<number>();
  if (pictures.length === 0) return null;
  const nameOf = (at: number) => pictures[at]?.name || t('picture.of', { place: at + 1 });
  const shown = opened === undefined ? undefined : pictures[opened];
  return (
    <>
      <ul className="message-pictures">
        {pictures.map(({ url }, at) => (
          <li key={url}>
            <button type="button" aria-label={t('picture.open', { place: at + 1 })} onClick={() => setOpened(at)}>
              <img src={url} alt={nameOf(at)} loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
      {shown && opened !== undefined && (
        <Dialog title={nameOf(opened)} className="lightbox" onClose={() => setOpened(undefined)}>
          <img src={shown.url} alt={nameOf(opened)} />
          <p>
            <a href={shown.url} download={shown.name || `picture-${opened + 1}`}>
              {t('picture.save')}
            </a>
          </p>
        </Dialog>
      )}
    </>
  );
}
