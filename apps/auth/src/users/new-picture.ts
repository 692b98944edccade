import { picturePath } from '@perennial/contracts-auth';

/** The picture that a change sets; undefined when it gives back the path of the picture that is there. */
export function newPicture(userId: string, url: string | undefined): string | undefined {
  return url === picturePath(userId) ? undefined : url;
}
