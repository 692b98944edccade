import { onPath } from '@perennial/testing/servers';
import { type Browser, type BrowserContext, chromium } from '@playwright/test';

const EXECUTABLE = process.env.CHROMIUM_BINARY ?? (await onPath('chromium')) ?? (await onPath('google-chrome'));

/** There is no browser on this machine. */
export const noBrowser = EXECUTABLE === undefined;
if (noBrowser) console.warn('SKIPPED: the page in a browser. Install chromium, or name one in CHROMIUM_BINARY.');

/** A real browser without telemetry. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A window in which Ada is signed in, who created the first account of the installation. */
export async function firstToSignUp(browser: Browser, baseURL: string): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  await page.goto('/');
  await page.getByRole('heading', { name: 'Create your account' }).waitFor();
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('E-mail').fill('ada@example.com');
  await page.getByLabel('Password').fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('What is on your mind?').waitFor();
  await page.close();
  return context;
}
