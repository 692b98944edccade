#!/usr/bin/env node
// Stands for Firefox where the driver starts it. Firefox of Debian does not know all commands that the driver begins a window with (the
// emulation of media features): those are answered here. Everything else passes as it is.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const { WebSocketServer, WebSocket } = createRequire(import.meta.url)('ws');
const LISTENING = /WebDriver BiDi listening on (ws:\/\/\S+)/;

const firefox = spawn(process.env.FIREFOX_BINARY ?? 'firefox-esr', process.argv.slice(2), {
  stdio: ['ignore', 'pipe', 'pipe'],
});
firefox.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
firefox.on('exit', (code) => process.exit(code ?? 1));
process.on('SIGTERM', () => firefox.kill());

for (const stream of [firefox.stdout, firefox.stderr]) {
  stream.on('data', (chunk) => {
    const address = LISTENING.exec(String(chunk))?.[1];
    if (address === undefined) process.stderr.write(chunk);
    else stand(address);
  });
}

/** @param {string} address of Firefox */
function stand(address) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('listening', () => {
    process.stderr.write(`WebDriver BiDi listening on ws://127.0.0.1:${server.address().port}\n`);
  });
  server.on('connection', (driver, { url }) =>
    pass(driver, new WebSocket(address + url, { perMessageDeflate: false })),
  );
}

/** Passes messages between the driver and Firefox. */
function pass(driver, browser) {
  const emulations = new Set();
  const opened = new Promise((resolve) => browser.on('open', resolve));
  driver.on('message', async (message) => {
    const text = String(message);
    const { id, method } = JSON.parse(text);
    if (method.startsWith('emulation.')) emulations.add(id);
    await opened;
    browser.send(text);
  });
  browser.on('message', (message) => {
    const text = String(message);
    const { id, error } = JSON.parse(text);
    const isUnknown = emulations.delete(id) && error === 'unknown command';
    driver.send(isUnknown ? JSON.stringify({ type: 'success', id, result: {} }) : text);
  });
  driver.on('close', () => browser.close());
  browser.on('close', () => driver.close());
  browser.on('error', () => driver.close());
}
