import { Inject, Injectable } from '@nestjs/common';
import { CallError, type ErrorCode } from '@perennial/contracts-kernel';
import { createProvider, ProviderError, type ProviderErrorCode, type ProviderModel } from '@perennial/model-provider';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import { KeySeal } from '../state/key-seal';
import type { Connection } from '../state/state';

const CALL_CODE: Readonly<Record<ProviderErrorCode, ErrorCode>> = {
  UNAVAILABLE: 'UNAVAILABLE',
  RATE_LIMITED: 'RESOURCE_EXHAUSTED',
  QUOTA_EXCEEDED: 'RESOURCE_EXHAUSTED',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  NOT_FOUND: 'NOT_FOUND',
  INVALID_ARGUMENT: 'INVALID_ARGUMENT',
  TIMEOUT: 'DEADLINE_EXCEEDED',
  INTERRUPTED: 'UNAVAILABLE',
  PROTOCOL: 'FAILED_PRECONDITION',
  CANCELLED: 'CANCELLED',
};

/**
 * Lists providers' models. The only place of this service where keys are decrypted.
 * An admin may enter any address, also in the private network, where many model servers are. So only admins get here, no redirect is followed
 * (it would leak the key), and only the list, or the provider's own error text, is returned.
 */
@Injectable()
export class ProviderClient {
  constructor(
    private readonly seal: KeySeal,
    @Inject(CONFIG_ENV) private readonly env: ConfigEnv,
  ) {}

  /**
   * Never takes longer than `MODEL_LIST_TIMEOUT_MS`.
   *
   * @throws CallError with the provider's message; `details.provider` marks it as the provider's
   */
  async list(
    { kind, url, sealedKey }: Pick<Connection, 'kind' | 'url' | 'sealedKey'>,
    signal?: AbortSignal,
  ): Promise<ProviderModel[]> {
    const limitMs = this.env.MODEL_LIST_TIMEOUT_MS;
    const limit = AbortSignal.timeout(limitMs);
    const connection = { kind, baseUrl: url, apiKey: this.seal.open(sealedKey), continuation: 'none' as const };
    try {
      const provider = createProvider(connection, { list: limitMs, connect: limitMs });
      return await provider.listModels(signal ? AbortSignal.any([signal, limit]) : limit);
    } catch (error) {
      if (limit.aborted) {
        throw new CallError('DEADLINE_EXCEEDED', `The provider did not list its models within ${limitMs} ms`, {
          provider: 'TIMEOUT',
        });
      }
      if (!(error instanceof ProviderError)) throw error;
      const { code, message, status, retryAfter } = error;
      throw new CallError(CALL_CODE[code], message, { provider: code, status, retryAfter });
    }
  }
}
