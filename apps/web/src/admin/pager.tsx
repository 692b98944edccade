import { ta } from './messages';

interface PagerProps {
  /** From 1. */
  page: number;
  /** Of a page. */
  rows: number;
  total: number;
  onPage: (page: number) => void;
}

/** Which rows of how many are shown, and the way to the others; nothing where all are shown. */
export function Pager({ page, rows, total, onPage }: PagerProps) {
  const last = Math.max(1, Math.ceil(total / rows));
  if (last === 1 && page === 1) return null;
  const from = (page - 1) * rows + 1;
  const steps = [
    { name: ta('pager.first'), to: 1, isPossible: page > 1 },
    { name: ta('pager.previous'), to: Math.min(page - 1, last), isPossible: page > 1 },
    { name: ta('pager.next'), to: page + 1, isPossible: page < last },
    { name: ta('pager.last'), to: last, isPossible: page < last },
  ];
  return (
    <nav className="admin-pager" aria-label={ta('pager')}>
      <span className="grow">
        {from <= total
          ? ta('pager.rows', { from, to: Math.min(total, from + rows - 1), total })
          : ta('pager.pages', { count: last })}
      </span>
      {steps.map(({ name, to, isPossible }) => (
        <button
          key={name}
          type="button"
          className="button button-quiet button-small"
          // It keeps the focus at the end of the list, where a disabled button would lose it.
          aria-disabled={!isPossible}
          onClick={() => isPossible && onPage(to)}
        >
          {name}
        </button>
      ))}
    </nav>
  );
}
