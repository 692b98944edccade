import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreError, BlobStoreUnavailableError } from '../errors';
import { parseRetryAfter } from '../retry-after';

/** Advice by the store's error code. */
const REMEDIES: Readonly<Record<string, string>> = {
  AuthenticationFailed: 'the key is another one, or the clock of this machine is wrong: set AZURE_STORAGE_KEY',
  AuthorizationFailure: 'the key or this network may not: set AZURE_STORAGE_KEY, and see the firewall of the account',
  InvalidResourceName: 'the container cannot have this name: set AZURE_STORAGE_CONTAINER_NAME',
  ContainerNotFound: 'the container does not exist: create it, or set AZURE_STORAGE_CONTAINER_NAME',
  AccountIsDisabled: 'the storage account is disabled',
  ResourceNotFound: 'the account does not exist there: set AZURE_STORAGE_ENDPOINT',
};

/** Parts of an error of the SDK. */
interface AzureFailure {
  name?: string;
  code?: string;
  statusCode?: number;
  response?: { headers: { get(name: string): string | undefined } };
}

/** The store's code for a failure, such as `InvalidRange`. */
export const azureCodeOf = (error: unknown): string | undefined => (error as AzureFailure).code;

/**
 * Maps an error of the SDK to the contract's errors. Only its code and status are shown: messages and requests contain signatures and
 * addresses.
 *
 * @param key of the missing blob; without it a 404 is the container's
 */
export function translateAzureError(error: unknown, key?: string): Error {
  if (error instanceof BlobStoreError) return error;
  const { name, code, statusCode: status, response } = error as AzureFailure;
  if (key !== undefined && (code === 'BlobNotFound' || (status === 404 && code === undefined)))
    return new BlobNotFoundError(key);
  const reason = [code ?? name, status].filter((part) => part !== undefined).join(', ');
  if (status === undefined || status === 408 || status === 429 || status >= 500)
    return new BlobStoreUnavailableError(
      `Azure Blob Storage does not answer (${reason}): see AZURE_STORAGE_ENDPOINT`,
      parseRetryAfter(response?.headers.get('retry-after')),
    );
  const remedy = REMEDIES[code ?? ''] ?? REMEDIES[BY_STATUS[status] ?? ''];
  return new BlobStoreDeniedError(`Azure Blob Storage refuses (${reason}): ${remedy ?? 'see AZURE_STORAGE_ENDPOINT'}`);
}

/** Replies to HEAD have no code in their body. */
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'AuthenticationFailed',
  403: 'AuthenticationFailed',
  404: 'ContainerNotFound',
};
