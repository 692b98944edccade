import { type KeyboardEvent, type ReactNode, useDeferredValue } from 'react';
import { type Choice, useChoices } from './choices';

interface ChoiceListProps {
  /** Of the field. */
  name: string;
  text: string;
  onText: (text: string) => void;
  choices: readonly Choice[];
  /** Is chosen already: the list opens at it. */
  current?: string;
  onChoose: (id: string) => void;
  /** Shown in place of choices. */
  empty: ReactNode;
  /** The end of the list is in view: there may be more. */
  onEnd?: () => void;
}

/** A field with what it finds below it: the focus stays in the field, arrows move through the choices, Enter takes one. */
export function ChoiceList(props: ChoiceListProps) {
  const { name, text, onText, choices, current, onChoose, empty, onEnd } = props;
  const shown = useDeferredValue(choices);
  const { listId, activeId, press, restart, list } = useChoices({
    ...{ name, current, onChoose, onEnd },
    choices: shown,
    atCurrent: text === '',
  });
  const onKey = (event: KeyboardEvent) => {
    if (!event.nativeEvent.isComposing && press(event.key)) event.preventDefault();
  };
  return (
    <div className="choice-list">
      <input
        // Not of the type "search": there Escape would empty it before it closes the dialog.
        type="text"
        dir="auto"
        inputMode="search"
        role="combobox"
        aria-label={name}
        aria-expanded={shown.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={activeId}
        placeholder={name}
        autoComplete="off"
        spellCheck={false}
        ref={focusFirst}
        value={text}
        onChange={({ target }) => {
          restart();
          onText(target.value);
        }}
        onKeyDown={onKey}
      />
      {list}
      {shown.length === 0 && <div className="choice-empty">{empty}</div>}
    </div>
  );
}

/** A dialog gives the focus to what says so in the document. */
function focusFirst(field: HTMLElement | null): void {
  field?.setAttribute('autofocus', '');
}
