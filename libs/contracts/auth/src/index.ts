export * as registration from './registration';
export * as revocations from './revocations';
export * as sessions from './sessions';
export * as users from './users';
export * from './session';
export * from './user';
