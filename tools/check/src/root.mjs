import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone. */
export const ROOT = resolve(fileURLToPath(new URL('.', import.meta.url)), '..', '..', '..');
