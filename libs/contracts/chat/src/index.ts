export * as chats from './chats';
export * as completions from './completions';
export * as marks from './marks';
export * as pictures from './pictures';
export * as runs from './runs';
export * from './chat';
export * from './picture';
export * from './run';
