import { Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { files, type StoredFile, webPages } from '@perennial/contracts-retrieval';
import { waitAtMost } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { withStatuses } from '../../problem';
import { FileWatch } from '../files/file-watch';

/** How long a reply waits for the text of a page; it can be fetched from the file later. */
const TEXT_WAIT_MS = 10_000;

/** Web pages that a person asks for, as files. */
@Injectable()
export class WebPages {
  constructor(
    private readonly rpc: Rpc,
    private readonly watch: FileWatch,
  ) {}

  /** @throws CallError as `webPages.load`; a page that cannot be read is the caller's mistake, as clients of the wire expect */
  load(url: string, knowledgeId: string | undefined, principal: UserPrincipal): Promise<StoredFile> {
    const loading = this.rpc.call(webPages.load, { url, knowledgeId }, { principal });
    return withStatuses({ FAILED_PRECONDITION: 400 }, loading);
  }

  /** The beginning of the page's text; empty if it has none, or not yet. */
  async text(fileId: string, principal: UserPrincipal): Promise<string> {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const stop = await this.watch.follow(fileId, principal, (status) => {
      if (status === undefined || status.state === 'completed' || status.state === 'failed') end();
    });
    try {
      await waitAtMost(ended, TEXT_WAIT_MS);
    } finally {
      stop();
    }
    return (await this.rpc.call(files.text, { fileId }, { principal })).content;
  }
}
