import type { UserConfig } from 'vite';

/** How every Node process of this repository is built; see `index.mjs`. */
export declare function serviceBuild(options?: {
  entries?: Record<string, string>;
  folders?: Record<string, string>;
}): UserConfig;
