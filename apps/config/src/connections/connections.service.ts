import { Injectable } from '@nestjs/common';
import type { ConnectionKind, connections as connectionCalls } from '@perennial/contracts-config';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  requestLike,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { EnvironmentConnections } from '../state/environment-connections';
import { KeySeal } from '../state/key-seal';
import type { Connection, ConnectionSet } from '../state/state';
import { StateRepository } from '../state/state.repository';
import { StateKeeper } from '../state/state-keeper';
import { ProviderClient } from './provider-client';

/**
 * The connections as the admin's page shows them. Keys arrive in clear, are encrypted at once, and are returned masked.
 */
@Injectable()
export class ConnectionsService {
  constructor(
    private readonly runtime: Runtime,
    private readonly keeper: StateKeeper,
    private readonly repository: StateRepository,
    private readonly environment: EnvironmentConnections,
    private readonly seal: KeySeal,
    private readonly providers: ProviderClient,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async get(kind: ConnectionKind): Promise<CallReply<typeof connectionCalls.get>> {
    return this.masked(kind, (await this.keeper.fresh()).connections[kind]);
  }

  async update(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof connectionCalls.update>,
    key: string,
  ): Promise<CallReply<typeof connectionCalls.update>> {
    const { kind, enabled } = request;
    // A plain hash of the request is stored for comparison; keys enter it under our secret.
    const forms = this.seal.forms((hide) =>
      requestLike(request, {
        ...request,
        connections: request.connections.map((one) => ({ ...one, key: hide(one.key) })),
      }),
    );
    const once = { scope: `config.connections.update:${principal.userId}`, key, ...forms };
    return this.unitOfWork.once(once, async (tx) => {
      // First, so that two admins' changes are serialised.
      await this.keeper.changed(tx);
      const before = (await this.repository.lockConnections(tx, kind)) ?? this.environment.of(kind).connections;
      const connections = request.connections.map((entered, at): Connection => {
        const url = checkedUrl(entered.url);
        return { kind, url, sealedKey: this.keyOf(before, at, url, entered.key), options: entered.config };
      });
      await this.repository.saveConnections(tx, kind, { enabled, connections });
      tx.afterCommit(() => this.recordChange(principal, kind, enabled, before, connections));
      return this.masked(kind, { enabled, connections });
    });
  }

  private recordChange(
    { userId }: UserPrincipal,
    kind: ConnectionKind,
    enabled: boolean,
    before: readonly Connection[],
    after: readonly Connection[],
  ): void {
    const known = new Set(before.map(({ url, sealedKey }) => `${url} ${sealedKey}`));
    this.runtime.security.record('connections_changed', {
      actor_id: userId,
      kind,
      enabled,
      connections: after.length,
      // A masked key keeps its stored value.
      keys_entered: after.filter((one) => one.sealedKey !== null && !known.has(`${one.url} ${one.sealedKey}`)).length,
    });
  }

  /** Lists the provider's models. A masked key stands for the stored one of the same address. */
  async verify(
    { kind, url: entered, key }: CallParsedRequest<typeof connectionCalls.verify>,
    signal: AbortSignal,
  ): Promise<CallReply<typeof connectionCalls.verify>> {
    const url = checkedUrl(entered);
    const { connections } = (await this.keeper.fresh()).connections[kind];
    const sealedKey = this.keyOf(connections, 0, url, key);
    const models = await this.providers.list({ kind, url, sealedKey }, signal);
    return { data: models.map(({ id, name, raw }) => ({ ...raw, id, name })) };
  }

  /**
   * A mask keeps its key, but only for the address that the key was entered for: otherwise an admin who may change addresses could have a key
   * sent to a server of their own and read it.
   */
  private keyOf(before: readonly Connection[], at: number, url: string, entered: string): string | null {
    if (!this.seal.isMask(entered)) return this.seal.seal(entered);
    const same = (known: Connection | undefined): boolean =>
      known?.url === url && this.seal.mask(known.sealedKey) === entered;
    const known = same(before[at]) ? before[at] : before.find(same);
    if (known) return known.sealedKey;
    throw new CallError(
      'INVALID_ARGUMENT',
      `Enter the key of ${url} again: a stored key is only kept for its own address`,
    );
  }

  private masked(kind: ConnectionKind, { enabled, connections }: ConnectionSet): CallReply<typeof connectionCalls.get> {
    return {
      kind,
      enabled,
      connections: connections.map(({ url, sealedKey, options }) => ({
        url,
        key: this.seal.mask(sealedKey),
        config: options,
      })),
    };
  }
}

/** Without trailing slashes; http or https, without credentials (they would be shown, unlike a key). */
function checkedUrl(entered: string): string {
  const url = new URL(entered);
  if (!/^https?:$/.test(url.protocol))
    throw new CallError('INVALID_ARGUMENT', 'A connection begins with http:// or https://');
  if (url.username !== '' || url.password !== '') {
    throw new CallError('INVALID_ARGUMENT', 'Put the key into its own field, not into the URL');
  }
  return entered.trim().replace(/\/+$/, '');
}
