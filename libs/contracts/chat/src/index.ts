export * from './chats';
export * from './runs';
