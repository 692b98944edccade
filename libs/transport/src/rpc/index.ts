export * from './call-context';
export { Handles, type CallHandler } from './handles';
export { type CallSide, type RpcMetrics } from './metrics';
export { Rpc, type CallOptions } from './rpc';
export { RedisRpcClient, RpcRequest, type RpcClientOptions } from './rpc-client';
export { RedisRpcServer, type RpcServerOptions } from './rpc-server';
export { callsOf, tieRpcServer } from './serve';
export { attachRpcServer, rpcMicroservice, TransportModule, type TransportOptions } from './transport.module';
