import { get } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canSharePorts, listen } from './accepting';

const HOST = '127.0.0.1';

@Controller()
class HelloController {
  @Get()
  hello(): string {
    return 'hello';
  }
}

@Module({ controllers: [HelloController] })
class HelloModule {}

describe('a port', () => {
  const apps: NestFastifyApplication[] = [];
  let app: NestFastifyApplication;
  let port: number;

  const start = async (): Promise<NestFastifyApplication> => {
    const made = await NestFactory.create<NestFastifyApplication>(HelloModule, new FastifyAdapter(), { logger: false });
    apps.push(made);
    return made;
  };
  /** The body over a connection of its own. */
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ host: HOST, port, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      }).on('error', reject);
    });

  beforeEach(async () => {
    app = await start();
    await listen(app, 0, HOST);
    port = ((app.getHttpServer() as Server).address() as AddressInfo).port;
  });

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((made) => made.close()));
  });

  it('answers each of many connections', async () => {
    const bodies = await Promise.all(Array.from({ length: 100 }, ask));
    expect(new Set(bodies)).toEqual(new Set(['hello']));
  });

  it('is not shared with a second application', async () => {
    await expect(listen(await start(), port, HOST)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('refuses connections once the server is closed', async () => {
    (app.getHttpServer() as Server).close();
    for (let n = 0; n < 50; n += 1) await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is shared by the sockets of one process where Node and the system can', () => {
    const can = ['22.11.0', '22.12.0', '23.0.0', '23.1.0', '24.22.3'].map((node) => canSharePorts('linux', node));
    expect(can).toEqual([false, true, false, true, true]);
    expect([canSharePorts('darwin', '24.22.3'), canSharePorts('linux', '20.20.2')]).toEqual([false, false]);
  });
});
