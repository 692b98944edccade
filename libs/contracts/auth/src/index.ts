export * as accountLists from './account-lists';
export * as registration from './registration';
export * as revocations from './revocations';
export * as sessions from './sessions';
export * as users from './users';
export type { ListedResult } from './account-lists';
export * from './session';
export * from './user';
