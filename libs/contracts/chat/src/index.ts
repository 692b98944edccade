export * from './chats';
export * from './pictures';
export * from './runs';
