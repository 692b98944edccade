import { describe, expect, it } from 'vitest';
import type { Upload, UploadServer } from '../files/upload-list';
import { Draft, lackWords } from './draft';

const upload = (name: string, state: Upload['state']): Upload => ({
  key: name,
  name,
  size: 3,
  state,
  sent: 3,
  fileId: state === 'waiting' || state === 'uploading' ? undefined : `id-${name}`,
});

const server = { remove: () => Promise.resolve() } as unknown as UploadServer;

describe('Draft', () => {
  it('sends files that the server has, and keeps those that failed or are still being sent', () => {
    const draft = new Draft(server);
    draft.uploads.items.set([
      upload('ready', 'ready'),
      upload('reading', 'reading'),
      upload('failed', 'failed'),
      upload('sending', 'uploading'),
    ]);
    draft.choose({ id: 'base', name: 'Base' });
    draft.choose({ id: 'base', name: 'Base' });
    const attachments = draft.attachments();
    expect(attachments).toEqual([
      { type: 'file', id: 'id-ready', name: 'ready', size: 3 },
      { type: 'file', id: 'id-reading', name: 'reading', size: 3 },
      { type: 'collection', id: 'base', name: 'Base' },
    ]);
    draft.choose({ id: 'later', name: 'Chosen while it was being sent' });
    draft.sent(attachments);
    expect(draft.uploads.items.get().map(({ name }) => name)).toEqual(['failed', 'sending']);
    expect(draft.bases.get().map(({ id }) => id)).toEqual(['later']);
  });
});

describe('messages that wait', () => {
  it('are taken in their order, and are in the box again, before what was written since, when one could not be sent', () => {
    const draft = new Draft(server);
    for (const text of ['One', ' ', 'Two', 'Three']) {
      draft.text.set(text);
      draft.wait();
    }
    expect(draft.waiting.get()).toEqual(['One', 'Two', 'Three']);
    expect(draft.takeWaiting()).toBe('One');
    draft.sent([]);
    expect(draft.takeWaiting()).toBe('Two');
    draft.text.set('Four');
    // A reload loses none of them, and sends none by itself.
    expect(draft.kept().text).toBe('Two\nThree\nFour');
    draft.giveBack();
    expect([draft.text.get(), draft.waiting.get()]).toEqual(['Two\nThree\nFour', []]);
  });
});

describe('each message that waits', () => {
  it('can be changed, sent earlier, or dropped', () => {
    const draft = new Draft(server);
    draft.waiting.set(['One', 'Two', 'Three']);
    draft.hurryWaiting(2);
    draft.hurryWaiting(0);
    expect(draft.waiting.get()).toEqual(['One', 'Three', 'Two']);
    draft.text.set('Four');
    draft.editWaiting(0);
    expect([draft.text.get(), draft.waiting.get()]).toEqual(['One\nFour', ['Three', 'Two']]);
    draft.dropWaiting(1);
    draft.editWaiting(7);
    expect(draft.kept().text).toBe('Three\nOne\nFour');
  });
});

describe('a long text that was pasted', () => {
  it('goes with the message as a whole, and can be put back into the box, also after a reload', async () => {
    const removed: string[] = [];
    const following = {
      ...{ follow: () => () => undefined, text: (id: string) => Promise.resolve(`text of ${id}`) },
      remove: (id: string) => Promise.resolve(removed.push(id)),
    } as unknown as UploadServer;
    const draft = new Draft(following);
    draft.uploads.items.set([{ ...upload('long', 'ready'), pasted: true }]);
    expect(draft.attachments()).toEqual([{ type: 'file', id: 'id-long', name: 'long', size: 3, context: 'full' }]);
    const again = new Draft(following, draft.kept());
    again.text.set('Before');
    await again.putBack(again.uploads.items.get()[0]!.key);
    expect([again.text.get(), again.attachments(), removed]).toEqual(['Before\ntext of id-long', [], ['id-long']]);
  });
});

describe('the text of a draft', () => {
  it('is kept until the server has it, and comes back before what was written since', () => {
    const draft = new Draft(server);
    draft.text.set('  One  ');
    expect(draft.take()).toBe('One');
    expect([draft.text.get(), draft.kept().text]).toEqual(['', 'One']);
    draft.text.set('Two');
    draft.giveBack();
    expect(draft.text.get()).toBe('One\nTwo');
    draft.take();
    draft.model.set('m');
    draft.sent([]);
    expect(draft.kept()).toEqual({ text: '', model: undefined, bases: [], files: [] });
  });

  it('is there again with the files that the server has', () => {
    const draft = new Draft(server);
    draft.text.set('One');
    draft.choose({ id: 'base', name: 'Base' });
    draft.uploads.items.set([upload('ready', 'ready'), upload('sending', 'uploading'), upload('failed', 'failed')]);
    const followed: string[] = [];
    const follow = (fileId: string) => {
      followed.push(fileId);
      return () => undefined;
    };
    const again = new Draft({ ...server, follow }, draft.kept());
    expect(again.kept()).toEqual(draft.kept());
    expect(again.attachments().map(({ id }) => id)).toEqual(['id-ready', 'base']);
    expect(followed).toEqual(['id-ready']);
  });
});

describe('lackWords', () => {
  it('names the files that a message sent now would lack, if any', () => {
    expect(lackWords([upload('a', 'ready'), upload('b', 'failed')])).toBeUndefined();
    expect(lackWords([upload('a', 'reading'), upload('b', 'reading')])).toBe(
      'Still being read: a, b. An answer now may miss what is in them.',
    );
    expect(lackWords([upload('a', 'reading'), upload('b', 'uploading'), upload('c', 'waiting')])).toBe(
      'Still being read: a. An answer now may miss what is in it. Still being sent: b, c. If you send now, they go with your next message.',
    );
  });
});
