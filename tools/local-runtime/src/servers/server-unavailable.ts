/** This machine cannot have the server. `message` says why, and what would help. */
export class ServerUnavailable extends Error {
  override readonly name = 'ServerUnavailable';
}
