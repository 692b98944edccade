import { createServer } from 'node:http';
import { Injectable, Module } from '@nestjs/common';
import { commonEnv, databaseEnv, inSpan, runService } from '@perennial/runtime';
import { z } from 'zod';
import { Database, PersistenceModule, UnitOfWork } from '../src/index';
import { NOTES } from './fixtures';

const env = z.object({ ...commonEnv, ...databaseEnv });

@Injectable()
class Notes {
  constructor(
    private readonly work: UnitOfWork,
    private readonly database: Database,
  ) {}

  add(key: string, body: string): Promise<number> {
    return this.work.once({ scope: 'notes.add', key, request: body }, (tx) =>
      tx.execute('INSERT INTO notes (body) VALUES ($1)', [body]),
    );
  }

  async count(): Promise<number> {
    return Number((await this.database.first<{ count: string }>('SELECT count(*) FROM notes'))?.count);
  }
}

/** A service with a database: each request on its work port adds a note, in a span. */
await runService({
  name: 'notes',
  env,
  module: ({ DATABASE_URL, DATABASE_POOL_SIZE }) => {
    @Module({
      imports: [
        PersistenceModule.forRoot({
          url: DATABASE_URL,
          poolSize: DATABASE_POOL_SIZE,
          schema: 'notes',
          migrations: NOTES,
          callResults: true,
        }),
      ],
      providers: [Notes],
    })
    class NotesModule {}
    return NotesModule;
  },
  setup: async (app, runtime) => {
    const notes = app.get(Notes);
    const server = createServer((request, response) => {
      inSpan('add a note', {}, async () => {
        await notes.add(request.url ?? '', `a very private note, sent to ${request.url}`);
        response.end(String(await notes.count()));
      }).catch(() => response.writeHead(503).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    runtime.log.info({ work_port: (server.address() as { port: number }).port }, 'work is served');
  },
});
