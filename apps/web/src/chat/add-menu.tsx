import { type RefObject, useRef } from 'react';
import { t } from '../messages';
import { Icon } from '../ui/icon';
import { Menu } from '../ui/menu';
import { isTouch } from './composer-keys';

interface AddMenuProps {
  /** The field that chooses files. */
  files: RefObject<HTMLInputElement | null>;
  onFiles: (files: File[]) => void;
  onBase: () => void;
  onParameters: () => void;
}

/** What can go with a message, in one menu. */
export function AddMenu({ files, onFiles, onBase, onParameters }: AddMenuProps) {
  const camera = useRef<HTMLInputElement>(null);
  const take = ({ currentTarget: input }: { currentTarget: HTMLInputElement }) => {
    onFiles([...(input.files ?? [])]);
    // Otherwise the same file could not be chosen twice in a row.
    input.value = '';
  };
  const photo = {
    name: t('box.photo'),
    icon: <Icon name="camera" />,
    onChoose: () => camera.current?.click(),
  };
  return (
    <>
      <Menu
        name={t('box.add')}
        className="icon-button"
        items={[
          { name: t('box.attach'), icon: <Icon name="attach" />, onChoose: () => files.current?.click() },
          ...(isTouch() ? [photo] : []),
          { name: t('box.askBase'), icon: <Icon name="books" />, onChoose: onBase },
          { name: t('parameters'), icon: <Icon name="sliders" />, onChoose: onParameters },
        ]}
      >
        <Icon name="plus" />
      </Menu>
      <input ref={files} type="file" multiple hidden onChange={take} />
      {isTouch() && <input ref={camera} type="file" accept="image/*" capture="environment" hidden onChange={take} />}
    </>
  );
}
