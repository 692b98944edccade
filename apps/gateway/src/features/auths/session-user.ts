import type { SessionProfile, SessionUser, User, UserRow } from '@perennial/contracts-wire';
import { toPermissions } from '../configs/permissions';

/** An account with a token of it, as the wire has it. */
export function sessionUserOf(user: User, token: string, expiresAt: number | null): SessionUser {
  return {
    token,
    token_type: 'Bearer',
    expires_at: expiresAt,
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    profile_image_url: user.profile_image_url,
    permissions: toPermissions(user.role),
  };
}

export function toSessionProfile(user: User, token: string, expiresAt: number | null): SessionProfile {
  return {
    ...sessionUserOf(user, token, expiresAt),
    status_emoji: null,
    status_message: null,
    status_expires_at: null,
    bio: user.bio,
    gender: user.gender,
    date_of_birth: user.date_of_birth,
  };
}

/** An account in the admin's list, with every field that clients read. */
export function toUserRow(user: User): UserRow {
  return {
    ...user,
    username: null,
    profile_banner_image_url: null,
    presence_state: null,
    status_emoji: null,
    status_message: null,
    status_expires_at: null,
    info: null,
    settings: null,
    oauth: null,
    scim: null,
    group_ids: [],
  };
}
