import type { StoredFile } from '@perennial/contracts-retrieval';
import type { FileReply } from '@perennial/contracts-wire';

/** A file in the reply of its upload and its own route. A file that was stored without processing stays `pending`. */
export function fileReply(file: StoredFile): FileReply {
  const { data } = file;
  return {
    ...file,
    data: { ...data, status: data.status ?? 'pending' },
    status: true,
    path: `/api/v1/files/${file.id}/content`,
  };
}
