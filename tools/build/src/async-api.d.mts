import type { Call } from '@perennial/contracts-kernel';
import type { z } from 'zod';

/** The interfaces between services, with the comments at their declarations. */
export interface Interfaces {
  calls: readonly {
    service: string;
    name: string;
    call: Call;
    says: string;
    errors: readonly string[];
    callers: readonly string[];
  }[];
  notices: readonly { name: string; channel: string; payload: z.ZodType; says: string; service: string }[];
  jobs: readonly { name: string; payload: z.ZodType; says: string; service: string }[];
}

export interface AsyncApiDocument {
  asyncapi: '3.0.0';
  channels: Record<string, Record<string, unknown>>;
  operations: Record<string, Record<string, unknown>>;
  components: { messages: Record<string, { payload: unknown; description?: string }> };
}

export function asyncApi(interfaces: Interfaces): AsyncApiDocument;
