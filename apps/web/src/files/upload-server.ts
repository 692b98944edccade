import { call, followFileStatus, routes, uploadFile } from '@perennial/web-client';
import { t } from '../messages';
import { originalAddress } from './original-address';
import type { UploadServer } from './upload-list';

/** The real server. */
export const uploadServer: UploadServer = {
  upload: uploadFile,
  follow: followFileStatus,
  retry: (id) => call(routes.files.retry, { params: { id } }),
  remove: (id) => call(routes.files.remove, { params: { id } }),
  text: async (id) => {
    const original = await fetch(originalAddress(id));
    if (!original.ok) throw new Error(t('error.fileUnreadable'));
    return original.text();
  },
  wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
};
