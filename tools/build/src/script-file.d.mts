import type { Plugin } from 'vite';

/**
 * Adds a script to the page that has no hash in its name and imports nothing, such as a service worker.
 *
 * @param entry its source
 * @param fileName its path from the root of the site
 */
export declare function scriptFile(entry: string, fileName: string): Plugin;

/**
 * One script without imports.
 *
 * @param entry its source
 */
export declare function bundle(entry: string): Promise<string>;
