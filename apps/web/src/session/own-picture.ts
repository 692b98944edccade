import type { SessionProfile } from '@perennial/contracts-wire';

/** The picture of the reader's account: a small one is in the profile, a large one at an address of its own; undefined without one. */
export function ownPicture({ id, profile_image_url: url }: SessionProfile): string | undefined {
  return url.startsWith('data:image/') || url === `/api/v1/users/${id}/profile/image` ? url : undefined;
}
