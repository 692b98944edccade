import type { Behaviour } from './behaviour';
import { type ChatBody, promptOf, textOf } from './request';
import { expectedText } from './text';

/** The reply to a call without streaming: auxiliary prompts of a chat get the JSON that they ask for. */
export function wholeAnswer(body: ChatBody, behaviour: Behaviour): { kind: string; content: string } {
  const all = (body.messages ?? []).map((message) => textOf(message.content)).join('\n');
  if (/follow[-_ ]?ups?/i.test(all) && /JSON/.test(all)) {
    return {
      kind: 'follow_ups',
      content: JSON.stringify({ follow_ups: ['What next?', 'Tell me more', 'Why is that?'] }),
    };
  }
  if (/"title"/.test(all) || (/title/i.test(all) && /JSON/.test(all))) {
    return { kind: 'title', content: JSON.stringify({ title: 'Simulated title' }) };
  }
  if (/"tags"/.test(all)) return { kind: 'tags', content: JSON.stringify({ tags: ['General', 'Sim'] }) };
  if (/"queries"/.test(all)) return { kind: 'queries', content: JSON.stringify({ queries: ['simulated query'] }) };
  return {
    kind: 'plain',
    content: behaviour.deterministic
      ? expectedText(body.model ?? '', promptOf(body), behaviour.tokens)
      : 'Simulated answer.',
  };
}
