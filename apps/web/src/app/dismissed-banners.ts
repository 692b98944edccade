import type { Banner } from '@perennial/contracts-wire';

const KEY = 'banners.dismissed';

/** A banner that was changed is shown again. */
const nameOf = ({ id, timestamp }: Banner): string => `${id}@${timestamp}`;

export function isDismissed(storage: Storage, banner: Banner): boolean {
  return banner.dismissible && dismissed(storage).includes(nameOf(banner));
}

/** @param all those that there are: others are forgotten */
export function dismiss(storage: Storage, banner: Banner, all: readonly Banner[]): void {
  const names = new Set(all.map(nameOf));
  const kept = dismissed(storage).filter((name) => names.has(name));
  try {
    storage.setItem(KEY, JSON.stringify([...kept, nameOf(banner)]));
  } catch {
    // It is shown again after a reload.
  }
}

function dismissed(storage: Storage): string[] {
  try {
    const names: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}
