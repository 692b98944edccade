import { type KeyboardEvent, type ReactNode, useDeferredValue, useId, useLayoutEffect, useRef, useState } from 'react';
import { rowsInView } from './rows-in-view';

export interface Choice {
  id: string;
  /** A line that is no choice. */
  heading?: boolean;
  row: ReactNode;
}

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

/** Height of a row, as the style sheet has it, in pixels. */
const ROW = 44;

/**
 * A field with what it finds below it: the focus stays in the field, arrows move through the choices, Enter takes one. Only the rows in view
 * are elements, so that thousands cost what twenty do.
 */
export function ChoiceList(props: ChoiceListProps) {
  const { name, text, onText, choices, current, onChoose, empty, onEnd } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 480 });
  const [wanted, setWanted] = useState<string>();
  const shown = useDeferredValue(choices);
  const chosen =
    indexOf(shown, wanted) ?? indexOf(shown, text === '' ? current : undefined) ?? step(shown, -1, 1) ?? -1;
  const { from, to } = rowsInView(shown.length, ROW, view.top, view.height);

  const reveal = (at: number) => {
    const element = list.current;
    if (!element || at < 0) return;
    const top = at * ROW;
    if (top < element.scrollTop + ROW) element.scrollTop = top - ROW;
    else if (top + ROW > element.scrollTop + element.clientHeight) element.scrollTop = top + ROW - element.clientHeight;
  };
  const look = () => {
    const element = list.current;
    if (!element) return;
    setView({ top: element.scrollTop, height: element.clientHeight });
    if (element.scrollTop + element.clientHeight > element.scrollHeight - ROW * 4) onEnd?.();
  };
  const latest = useRef({ look, reveal: () => reveal(chosen) });
  useLayoutEffect(() => {
    latest.current = { look, reveal: () => reveal(chosen) };
  });
  // It has a height only when its dialog is shown; a keyboard on the screen changes it.
  useLayoutEffect(() => {
    if (!list.current) return;
    let isNew = true;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry?.contentRect.height) return;
      if (isNew) latest.current.reveal();
      isNew = false;
      latest.current.look();
    });
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);

  const go = (at: number | undefined) => {
    if (at === undefined) return;
    setWanted(shown[at]?.id);
    reveal(at);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const page = Math.max(1, Math.floor(view.height / ROW) - 1);
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(step(shown, chosen, 1) ?? step(shown, -1, 1)),
      ArrowUp: () => go(step(shown, chosen, -1) ?? step(shown, shown.length, -1)),
      PageDown: () =>
        go(step(shown, Math.min(shown.length - 1, chosen + page) - 1, 1) ?? step(shown, shown.length, -1)),
      PageUp: () => go(step(shown, Math.max(0, chosen - page) + 1, -1) ?? step(shown, -1, 1)),
      Enter: () => {
        const choice = shown[chosen];
        if (choice) onChoose(choice.id);
      },
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };

  return (
    <div className="choice-list">
      <input
        // Not of the type "search": there Escape would empty it before it closes the dialog.
        type="text"
        inputMode="search"
        role="combobox"
        aria-label={name}
        aria-expanded={shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={chosen >= from && chosen < to ? `${id}-${chosen}` : undefined}
        placeholder={name}
        autoComplete="off"
        spellCheck={false}
        ref={focusFirst}
        value={text}
        onChange={({ target }) => {
          setWanted(undefined);
          onText(target.value);
          if (list.current) list.current.scrollTop = 0;
        }}
        onKeyDown={onKey}
      />
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={name}
        className="choice-view"
        onScroll={look}
        hidden={shown.length === 0}
      >
        <div role="presentation" style={{ height: shown.length * ROW }}>
          {shown.slice(from, to).map((choice, nth) => (
            <Row
              key={choice.id}
              id={`${id}-${from + nth}`}
              choice={choice}
              at={from + nth}
              count={shown.length}
              chosen={from + nth === chosen}
              current={choice.id === current}
              onChoose={onChoose}
            />
          ))}
        </div>
      </div>
      {shown.length === 0 && <div className="choice-empty">{empty}</div>}
    </div>
  );
}

/** A dialog gives the focus to what says so in the document. */
function focusFirst(field: HTMLElement | null): void {
  field?.setAttribute('autofocus', '');
}

interface RowProps {
  id: string;
  choice: Choice;
  at: number;
  count: number;
  chosen: boolean;
  current: boolean;
  onChoose: (id: string) => void;
}

function Row({ id, choice, at, count, chosen, current, onChoose }: RowProps) {
  const style = { insetBlockStart: at * ROW };
  if (choice.heading) {
    return (
      <div style={style} role="presentation" className="choice choice-heading">
        {choice.row}
      </div>
    );
  }
  return (
    <div
      style={style}
      id={id}
      role="option"
      className="choice"
      aria-selected={chosen}
      aria-current={current || undefined}
      aria-setsize={count}
      aria-posinset={at + 1}
      // The focus stays in the field.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onChoose(choice.id)}
    >
      {choice.row}
    </div>
  );
}

/** The next place that is a choice, in a direction. */
function step(choices: readonly Choice[], from: number, by: 1 | -1): number | undefined {
  for (let at = from + by; at >= 0 && at < choices.length; at += by) if (!choices[at]?.heading) return at;
  return undefined;
}

function indexOf(choices: readonly Choice[], id: string | undefined): number | undefined {
  const at = id === undefined ? -1 : choices.findIndex((choice) => choice.id === id && !choice.heading);
  return at === -1 ? undefined : at;
}
