import { INLINE_PICTURE_BYTES, picturePath } from '@perennial/contracts-auth';

const [PATH_START, PATH_END] = picturePath('|').split('|');

/**
 * The columns of `users` as the contract's `User`: times in epoch seconds, no password hash, a large picture only as its path.
 */
export const USER_COLUMNS = `u.id, u.email, u.name, u.role, u.placement,
  CASE WHEN octet_length(u.profile_image_url) <= ${INLINE_PICTURE_BYTES} THEN u.profile_image_url
       ELSE '${PATH_START}' || u.id || '${PATH_END}' END AS profile_image_url, u.bio, u.gender, u.date_of_birth, u.timezone,
  floor(extract(epoch FROM u.last_active_at))::int AS last_active_at,
  floor(extract(epoch FROM u.created_at))::int AS created_at,
  floor(extract(epoch FROM u.updated_at))::int AS updated_at`;

/**
 * Epoch milliseconds by the database's clock, at the moment of evaluation; the same clock dates tokens and revocations on all replicas.
 */
export const NOW_MS = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
