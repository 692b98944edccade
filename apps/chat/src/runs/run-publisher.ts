/** Injection token of the transport's RunPublisher. */
export const RUN_PUBLISHER = Symbol('RUN_PUBLISHER');
