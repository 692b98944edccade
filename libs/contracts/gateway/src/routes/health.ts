import { z } from 'zod';
import { route } from '../route';

const reply = z.object({ status: z.literal(true) });

/** The process answers. */
export const live = route({ method: 'GET', path: '/health', access: 'public', reply });

/** 503 once the process drains: load balancers leave while it still serves everything. */
export const ready = route({ method: 'GET', path: '/ready', access: 'public', reply });
