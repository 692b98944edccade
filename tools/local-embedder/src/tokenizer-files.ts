// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- whoever imports this package needs the declaration too
/// <reference path="./raw.d.ts" />
import vocabulary from '../assets/bert-uncased-vocabulary.txt?raw';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/**
 * The tokenizer of the default model as a hub has it, by file: WordPiece with BERT's English vocabulary in lower case, as in
 * `sentence-transformers/all-MiniLM-L6-v2`. The package with the weights lacks it, and the one that has it is 83 MB.
 */
export function tokenizerFiles(): Record<string, string> {
  const words = vocabulary.trimEnd().split('\n');
  const ids = Object.fromEntries(words.map((word, id) => [word, id]));
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content) => ({
      id: ids[content],
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [ids[token]], tokens: [token] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: ids,
    },
  };
  return {
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': JSON.stringify({ tokenizer_class: 'BertTokenizer', model_max_length: 512 }),
    'sentence_bert_config.json': JSON.stringify({ max_seq_length: 256 }),
  };
}
