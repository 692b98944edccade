// Runs before each file of tests that shares its process with others. Our own modules are loaded again, so that their timers, caches and
// registries belong to one file. Packages stay loaded: loading them takes longest.
import { vi } from 'vitest';

vi.useRealTimers();
vi.resetModules();
