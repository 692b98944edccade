/** See `previous-release.mjs`. */
export declare function previousRelease(): string | undefined;
export declare function fileOf(commit: string, path: string): string;
export declare function releaseSources(commit: string): string;
export declare function samePackages(commit: string, projects: readonly string[]): boolean;

type Lock = Record<string, object>;
export declare function agree(then: Lock, now: Lock, from: readonly string[]): boolean;
