import { type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';

export interface MenuItem {
  name: string;
  icon?: ReactNode;
  danger?: boolean;
  onChoose: () => void;
}

interface MenuProps {
  /** Of the menu, and of its button unless that says its own name. */
  name: string;
  /** The button is named by what is in it. */
  isNamed?: boolean;
  className: string;
  /** A function is asked when the menu is opened. */
  items: readonly MenuItem[] | (() => Promise<readonly MenuItem[]>);
  children: ReactNode;
}

/** Distance from its button and from the edges of the page, in pixels. */
const GAP = 4;

/**
 * A button with a menu: the arrows, Home, End and first letters move in it; Escape, Tab and a click outside close it. It lies above everything
 * and has no elements until it is opened.
 */
export function Menu({ name, isNamed, className, items, children }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState<readonly MenuItem[]>();
  const shown = typeof items === 'function' ? (asked ?? []) : items;

  const place = () => {
    const menu = list.current;
    const from = button.current?.getBoundingClientRect();
    if (!menu || !from) return;
    const { width, height } = menu.getBoundingClientRect();
    const below = from.bottom + GAP + height <= innerHeight;
    const startsRight = getComputedStyle(menu).direction === 'rtl';
    const left = startsRight ? from.right - width : from.left;
    menu.style.top = `${Math.max(GAP, below ? from.bottom + GAP : from.top - GAP - height)}px`;
    menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
    menu.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  };

  const latest = useRef(place);
  useLayoutEffect(() => {
    latest.current = place;
  });
  // What comes later has another size.
  useLayoutEffect(() => {
    if (asked && list.current?.matches(':popover-open')) latest.current();
  }, [asked]);

  // Its items stay until it is closed: the browser gives the focus back only if it was still in the menu.
  const ended = () => {
    setOpen(false);
    // Safari does not focus a button that is clicked.
    if (document.activeElement === document.body) button.current?.focus();
  };

  const move = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = targetOf(event.key, at, all);
    if (event.key === 'Tab') list.current?.hidePopover();
    if (!to) return;
    event.preventDefault();
    to.focus();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={isNamed ? undefined : name}
        title={isNamed ? undefined : name}
        aria-haspopup="menu"
        aria-expanded={open}
        popoverTarget={id}
      >
        {children}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={name}
        className="menu"
        onBeforeToggle={({ newState }) => {
          if (newState !== 'open') return;
          setOpen(true);
          if (typeof items !== 'function') return;
          setAsked(undefined);
          items().then(setAsked, () => list.current?.hidePopover());
        }}
        onToggle={({ newState }) => (newState === 'open' ? place() : ended())}
        onKeyDown={move}
      >
        {open &&
          shown.map((item) => (
            <button
              key={item.name}
              type="button"
              role="menuitem"
              tabIndex={-1}
              className={item.danger ? 'danger' : undefined}
              onClick={() => {
                list.current?.hidePopover();
                item.onChoose();
              }}
            >
              {item.icon}
              {item.name}
            </button>
          ))}
      </div>
    </>
  );
}

function targetOf(key: string, at: number, all: readonly HTMLElement[]): HTMLElement | undefined {
  if (key === 'ArrowDown') return all[(at + 1) % all.length];
  if (key === 'ArrowUp') return all.at(at - 1);
  if (key === 'Home') return all[0];
  if (key === 'End') return all.at(-1);
  if (key.length !== 1 || key === ' ') return undefined;
  const begins = (item: HTMLElement) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase());
  return [...all.slice(at + 1), ...all.slice(0, at + 1)].find(begins);
}
