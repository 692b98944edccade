import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { documents, files, knowledge, type Source } from '@perennial/contracts-retrieval';
import { type CallContext, Handles, rpcMicroservice, TransportModule } from '@perennial/transport';

type SearchRequest = CallParsedRequest<typeof documents.search>;

/** State and calls of the double; tests change it while it runs. */
export interface RetrievalAnswers {
  /** Texts by the id of their file or base, with their owners. */
  documents: Map<string, { owner: string; name: string; texts: string[] }>;
  template: string;
  inSystem: boolean;
  /** Thrown instead of a reply. */
  refusal?: CallError;
  /** While it is set, no search is answered. */
  silence?: Promise<void>;
  searches: { request: SearchRequest; principal: UserPrincipal; traceparent?: string }[];
  /** Every call, of whichever kind. */
  calls: number;
  close: () => Promise<void>;
}

/** A service `retrieval` that finds every text of every document of the caller. */
export async function startRetrievalDouble(redisUrl: string, keyPrefix: string): Promise<RetrievalAnswers> {
  const answers: RetrievalAnswers = {
    documents: new Map(),
    template: 'Answer from:\n{{CONTEXT}}\nQuestion: {{QUERY}}',
    inSystem: false,
    searches: [],
    calls: 0,
    close: () => app.close(),
  };

  const readable = (id: string, user: string) => {
    const document = answers.documents.get(id);
    return document?.owner === user ? document : undefined;
  };

  @Controller()
  class RetrievalDouble {
    @Handles(documents.search)
    async search(request: SearchRequest, { principal }: CallContext): Promise<CallReply<typeof documents.search>> {
      const user = principal as UserPrincipal;
      answers.calls += 1;
      answers.searches.push({ request, principal: user });
      await answers.silence;
      if (answers.refusal) throw answers.refusal;
      const sources: Source[] = [];
      for (const { type, id } of request.items) {
        const document = readable(id, user.userId);
        if (!document) continue;
        sources.push({
          source: { type, id, name: document.name },
          document: document.texts,
          metadata: document.texts.map((text, page) => ({
            source: document.name,
            name: document.name,
            file_id: id,
            page,
            hash: createHash('sha256').update(text).digest('hex'),
          })),
          distances: document.texts.map(() => 0.9),
        });
      }
      const found = new Set(sources.map(({ source }) => source.id));
      const skipped = request.items.filter(({ id }) => !found.has(id)).map(({ type, id }) => ({ type, id }));
      const { template, inSystem } = answers;
      return { sources, count: sources.length, template, inSystem, truncated: false, skipped };
    }

    @Handles(files.statuses)
    statuses(
      { fileIds }: CallParsedRequest<typeof files.statuses>,
      { principal }: CallContext,
    ): CallReply<typeof files.statuses> {
      answers.calls += 1;
      const { userId } = principal as UserPrincipal;
      const items = fileIds.filter((id) => readable(id, userId));
      return {
        items: items.map((id) => ({
          id,
          userId,
          state: 'completed' as const,
          step: null,
          done: 0,
          total: 0,
          error: null,
          generation: 1,
          liveGeneration: 1,
        })),
      };
    }

    @Handles(knowledge.get)
    base(
      { knowledgeId }: CallParsedRequest<typeof knowledge.get>,
      { principal }: CallContext,
    ): CallReply<typeof knowledge.get> {
      answers.calls += 1;
      const { userId } = principal as UserPrincipal;
      const document = readable(knowledgeId, userId);
      if (!document) throw new CallError('NOT_FOUND', 'There is no such knowledge base.');
      return {
        id: knowledgeId,
        user_id: userId,
        name: document.name,
        description: '',
        meta: null,
        access_grants: [],
        file_count: 1,
        write_access: true,
        created_at: 0,
        updated_at: 0,
      };
    }
  }

  @Module({
    imports: [TransportModule.forRoot({ redisUrl, keyPrefix, service: 'retrieval' })],
    controllers: [RetrievalDouble],
  })
  class RetrievalDoubleModule {}

  const app: INestMicroservice = await NestFactory.createMicroservice(RetrievalDoubleModule, {
    ...rpcMicroservice,
    logger: ['error'],
    abortOnError: false,
  });
  await app.listen();
  return answers;
}
