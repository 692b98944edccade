import type { StoredFile } from '@perennial/contracts-retrieval';
import type { FileReply } from '@perennial/contracts-wire';

/** A file as its upload and its own route answer it. One that was stored without being processed waits for ever: `pending`. */
export function fileReply(file: StoredFile): FileReply {
  const { data } = file;
  return {
    ...file,
    data: { ...data, status: data.status ?? 'pending' },
    status: true,
    path: `/api/v1/files/${file.id}/content`,
  };
}
