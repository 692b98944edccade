import { fileURLToPath } from 'node:url';
import { onPath } from '@perennial/testing/servers';
import { type Browser, firefox } from '@playwright/test';

const EXECUTABLE = process.env.FIREFOX_BINARY ?? (await onPath('firefox-esr')) ?? (await onPath('firefox'));

/** There is no Firefox on this machine. */
export const noFirefox = EXECUTABLE === undefined;
if (noFirefox) console.warn('SKIPPED: the page in Firefox. Install firefox-esr, or name one in FIREFOX_BINARY.');

/** A real Firefox, driven by WebDriver BiDi. */
export function launchFirefox(): Promise<Browser> {
  return firefox.launch({
    // Only with this name is a Firefox driven that was not built for the driver.
    channel: 'moz-firefox',
    executablePath: fileURLToPath(new URL('firefox-bidi.mjs', import.meta.url)),
    env: { ...process.env, FIREFOX_BINARY: EXECUTABLE },
    timeout: 60_000,
  });
}
