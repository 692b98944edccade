import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import { rowsInView } from './rows-in-view';

export interface Choice {
  id: string;
  /** A line that is no choice. */
  heading?: boolean;
  row: ReactNode;
}

interface ChoicesProps {
  /** Of the list. */
  name: string;
  choices: readonly Choice[];
  /** Is chosen already. */
  current?: string;
  /** The list opens at what is chosen already. */
  atCurrent?: boolean;
  /** Its field is no combobox: then what scrolls must say that a keyboard reaches it. */
  tabIndex?: 0;
  onChoose: (id: string) => void;
  /** The end of the list is in view: there may be more. */
  onEnd?: () => void;
}

/** Height of a row, as the style sheet has it, in pixels. */
const ROW = 44;

/** A list of choices for a field that keeps the focus. */
export interface Choices {
  /** What the field says of it: `aria-controls` and `aria-activedescendant`. */
  listId: string;
  activeId: string | undefined;
  /** Arrows and pages move, Enter chooses. @returns whether the key was one of them */
  press: (key: string) => boolean;
  /** The first choice again: something else is looked for. */
  restart: () => void;
  list: ReactNode;
}

/** A list of which only the rows in view are elements, so that thousands cost what twenty do. */
export function useChoices({ name, choices, current, atCurrent, tabIndex, onChoose, onEnd }: ChoicesProps): Choices {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 480 });
  const [wanted, setWanted] = useState<string>();
  const chosen =
    indexOf(choices, wanted) ?? indexOf(choices, atCurrent ? current : undefined) ?? step(choices, -1, 1) ?? -1;
  const { from, to } = rowsInView(choices.length, ROW, view.top, view.height);

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
  // It has a height only when it is shown; a keyboard on the screen changes it.
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
    setWanted(choices[at]?.id);
    reveal(at);
  };
  const page = Math.max(1, Math.floor(view.height / ROW) - 1);
  const moves: Record<string, () => void> = {
    ArrowDown: () => go(step(choices, chosen, 1) ?? step(choices, -1, 1)),
    ArrowUp: () => go(step(choices, chosen, -1) ?? step(choices, choices.length, -1)),
    PageDown: () =>
      go(step(choices, Math.min(choices.length - 1, chosen + page) - 1, 1) ?? step(choices, choices.length, -1)),
    PageUp: () => go(step(choices, Math.max(0, chosen - page) + 1, -1) ?? step(choices, -1, 1)),
    Enter: () => {
      const choice = choices[chosen];
      if (choice) onChoose(choice.id);
    },
  };
  return {
    listId: `${id}-list`,
    activeId: chosen >= from && chosen < to ? `${id}-${chosen}` : undefined,
    press: (key) => {
      moves[key]?.();
      return key in moves;
    },
    restart: () => {
      setWanted(undefined);
      if (list.current) list.current.scrollTop = 0;
    },
    list: (
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={name}
        // The arrows of the field move in it: it is no stop of its own, as a browser makes of what scrolls.
        tabIndex={tabIndex ?? -1}
        className="choice-view"
        onScroll={look}
        hidden={choices.length === 0}
      >
        <div role="presentation" style={{ height: choices.length * ROW }}>
          {choices.slice(from, to).map((choice, nth) => (
            <Row
              key={choice.id}
              id={`${id}-${from + nth}`}
              choice={choice}
              at={from + nth}
              count={choices.length}
              chosen={from + nth === chosen}
              current={choice.id === current}
              onChoose={onChoose}
            />
          ))}
        </div>
      </div>
    ),
  };
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
