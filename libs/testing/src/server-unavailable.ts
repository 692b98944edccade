/** This machine cannot provide the server. Its tests are skipped with a warning, or fail where `CI` is set. */
export class ServerUnavailable extends Error {
  override readonly name = 'ServerUnavailable';
}

/**
 * Why the server is not available here, or undefined when `fetch` found it. With `CI` set it throws instead: a build server must run every
 * test.
 */
export async function missingServer(name: string, fetch: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await fetch();
    return undefined;
  } catch (error) {
    if (!(error instanceof ServerUnavailable) || process.env['CI']) throw error;
    console.warn(`\n  NOT TESTED: ${name}, because ${error.message}\n`);
    return error.message;
  }
}
