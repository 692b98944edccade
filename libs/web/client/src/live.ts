// Apart from the index: nothing of it is loaded where one signs in.
export * from './live-socket';
export * from './run-reader';
