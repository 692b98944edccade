import { call, followFileStatus, routes, uploadFile } from '@perennial/web-client';
import type { UploadServer } from './upload-list';

/** The real server. */
export const uploadServer: UploadServer = {
  upload: uploadFile,
  follow: followFileStatus,
  retry: (id) => call(routes.files.retry, { params: { id } }),
  remove: (id) => call(routes.files.remove, { params: { id } }),
  wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
};
