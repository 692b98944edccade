import type { Principal } from '@perennial/contracts-kernel';

/** On whose behalf the gateway asks for what it needs itself. */
export const GATEWAY_PRINCIPAL: Principal = { kind: 'service', name: 'gateway' };
