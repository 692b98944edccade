const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/**
 * Parses `JWT_EXPIRES_IN`: numbers with units (`4w`, `30m`, `1d12h`), in seconds. `-1` and `0` mean that a session never expires: `null`.
 * `undefined` when the text is invalid.
 */
export function parseLifetime(text: string): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '-1' || trimmed === '0') return null;
  if (!/^(\d+(\.\d+)?[smhdw])+$/.test(trimmed)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)) {
    seconds += Number(amount) * (UNIT_SECONDS[unit ?? ''] ?? 0);
  }
  return seconds >= 1 ? Math.floor(seconds) : undefined;
}
