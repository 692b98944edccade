import type { Plugin } from 'vite';

/** Writes each text file of a build a second and a third time, compressed: `.br` and `.gz` beside it. */
export declare function compressedFiles(): Plugin;
