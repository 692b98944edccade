import { picturePath } from '@perennial/contracts-auth';

/** The picture that a change sets; undefined when it sends back the path of the present picture. */
export function newPicture(userId: string, url: string | undefined): string | undefined {
  return url === picturePath(userId) ? undefined : url;
}
