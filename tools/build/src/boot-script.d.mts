import type { Plugin } from 'vite';

/**
 * Puts a script before everything else of the page, which the browser runs before it paints. It is a file, because the page's policy allows no
 * inline script. It is told where the texts of each language are, and what is for people
 * who are signed in, to ask for them at once.
 *
 * @param entry the script's source
 */
export declare function bootScript(entry: string): Plugin;
