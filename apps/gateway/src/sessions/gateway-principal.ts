import type { Principal } from '@perennial/contracts-kernel';

/** The principal of the gateway's own calls. */
export const GATEWAY_PRINCIPAL: Principal = { kind: 'service', name: 'gateway' };
