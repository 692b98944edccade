/** Strokes on a 24 × 24 grid. */
const PATHS = {
  menu: 'M4 6h16M4 12h16M4 18h16',
  close: 'M6 6l12 12M18 6L6 18',
  sun: 'M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6l1.4 1.4M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8',
  moon: 'M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5',
  attach:
    'M20 11.5l-8.5 8.5a5.5 5.5 0 0 1-7.8-7.8l8.5-8.5a3.7 3.7 0 0 1 5.2 5.2l-8.4 8.4a1.8 1.8 0 0 1-2.6-2.6l7.7-7.7',
  books: 'M5 4h4v16H5zM9 4h4v16H9zM13.5 5.2l3.8-1 3.6 15-3.8 1z',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  sliders: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7',
  again: 'M4 12a8 8 0 0 1 13.7-5.6L20 9M20 4v5h-5M20 12a8 8 0 0 1-13.7 5.6L4 15M4 20v-5h5',
  edit: 'M4 20h4L19.5 8.5a2.1 2.1 0 0 0-3-3L5 17zM14.5 7.5l3 3',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
  more: 'M5 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6M12 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6M19 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6',
  previous: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  down: 'M12 5v14M6 13l6 6 6-6',
  up: 'M12 19V5M6 11l6-6 6 6',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v5M12 8h.01',
  quote: 'M5 6h5v6a5 5 0 0 1-4 5M14 6h5v6a5 5 0 0 1-4 5',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
  camera: 'M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7',
  choose: 'M6 9l6 6 6-6',
  go: 'M5 12h14M13 6l6 6-6 6',
  keys: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  print: 'M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z',
  speak: 'M4 9v6h4l5 4V5L8 9zM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11',
  hush: 'M6 6h12v12H6z',
  stop: 'M7 7h10v10H7z',
  panel: 'M4 5h16v14H4zM9.5 5v14',
  pin: 'M9 4h6l-1 6 4 4H6l4-4zM12 14v6',
  archive: 'M4 5h16v4H4zM5 9v10h14V9M10 13h4',
  dot: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8',
  fork: 'M7 4v6a4 4 0 0 0 4 4h6M7 10v10M14 11l3 3-3 3',
  tag: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01',
  leave: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9',
} as const;

/** They point along the line. */
const MIRRORED: readonly string[] = ['previous', 'next', 'go', 'leave', 'panel', 'fork', 'tag'];

export type IconName = keyof typeof PATHS;

/** A decorative picture: its button carries the name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      aria-hidden="true"
      data-mirrored={MIRRORED.includes(name) || undefined}
      viewBox="0 0 24 24"
      width={18}
      height={18}
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
