import { z } from 'zod';

/** Seconds since 1970. */
const time = z.number();

const LoadSchema = z.object({
  /** Share of one core, lately. */
  cpu: z.number(),
  /** Share of time in which the event loop was busy, lately. */
  loop: z.number(),
  loop_delay_ms: z.number(),
  memory_mb: z.number(),
  /** HTTP requests that are answered now; null but at gateways. */
  in_flight: z.number().int().nullable(),
});

/** A process of the installation. What it does not say, or does not know, is null. */
export const FleetProcessSchema = z.object({
  service: z.string(),
  /** Of chat and retrieval: `api`, `worker`, `all` or `quarantine`. */
  role: z.string().nullable(),
  instance: z.string(),
  version: z.string(),
  /**
   * `starting`, `ready`, `degraded`, `failing` or `draining`, as it says itself; `silent`: connected, and says nothing (paused or blocked);
   * `gone`: ended without a word, at about `seen_at`; `connected`: of a version that says nothing more.
   */
  state: z.string(),
  started_at: time.nullable(),
  seen_at: time.nullable(),
  address: z.string().nullable(),
  load: LoadSchema.nullable(),
  /** Answers or files in hand. */
  runs: z.number().int().nullable(),
  /** Jobs that wait for any worker of this service. */
  queue: z.number().int().nullable(),
  /** Pieces of work that it took back from dead processes since its start. */
  take_overs: z.number().int().nullable(),
  settings_version: z.string().nullable(),
  /** The placements that it knows; null: it enforces none. A process that lacks one refuses the people who have it. */
  placements: z.array(z.string()).nullable().optional(),
  /** Fingerprints of their definitions without secrets, by name: the same at every process, or people's data gets into different stores. */
  placement_fingerprints: z.record(z.string(), z.string()).nullable().optional(),
  /** The vector stores that a process of retrieval declares, with fingerprints of where they are. */
  vector_stores: z.record(z.string(), z.string()).nullable().optional(),
  dependencies: z.array(z.object({ name: z.string(), ok: z.boolean() })),
  /** `id` finds it in the log. */
  last_error: z.object({ id: z.string().nullable(), code: z.string(), at: time }).nullable(),
});

/** Most processes in a reply: those that died are left out first. */
export const MAX_FLEET = 500;

/** The processes of the installation. */
export const FleetSchema = z.object({
  processes: z.array(FleetProcessSchema).max(MAX_FLEET),
  /** Processes beyond the largest reply. */
  omitted: z.number().int(),
  /** The versions that run, by service: two during an upgrade. */
  versions: z.record(z.string(), z.array(z.string())),
});
