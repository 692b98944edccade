import { t } from '../../messages';
import type { Command } from '../../search/commands';
import { SHORTCUTS } from '../../ui/shortcuts';

/** What the box and its chat can do; what is not there now is undefined. */
export interface BoxCommands {
  chooseModel: () => void;
  chooseFiles: () => void;
  chooseBase: () => void;
  setParameters: () => void;
  stop?: () => void;
  outline?: () => void;
  /** Those of the chat's menu. */
  ofChat: () => Promise<readonly Command[]>;
}

/** The same as commands, with the names that their buttons have. */
export function toCommands(box: BoxCommands, ofChat: readonly Command[]): Command[] {
  const { stop, outline } = box;
  return [
    ...(stop ? [{ name: t('box.stop'), icon: 'close', keys: SHORTCUTS.stop.keys, run: stop } as const] : []),
    { name: t('model.choose'), icon: 'choose', keys: SHORTCUTS.model.keys, run: box.chooseModel },
    { name: t('box.attach'), icon: 'attach', run: box.chooseFiles },
    { name: t('box.askBase'), icon: 'books', run: box.chooseBase },
    { name: t('parameters'), icon: 'sliders', run: box.setParameters },
    ...(outline ? [{ name: t('outline'), icon: 'list', keys: SHORTCUTS.outline.keys, run: outline } as const] : []),
    ...ofChat,
  ];
}
