import { connect, createServer } from 'node:net';

/**
 * The minimum that a token can cost a Node process: one read from its provider's socket, one write to its reader's, without parsing. `node
 * bare-relay-process.js PORT PROVIDER_PORT`
 */
const [port, providerPort] = process.argv.slice(2).map(Number);

createServer((reader) => {
  const provider = connect(providerPort!, '127.0.0.1');
  reader.on('data', (bytes) => provider.write(bytes));
  provider.on('data', (bytes) => reader.write(bytes));
  reader.on('close', () => provider.destroy());
  provider.on('close', () => reader.destroy());
  reader.on('error', () => provider.destroy());
  provider.on('error', () => reader.destroy());
}).listen(port, '127.0.0.1');
