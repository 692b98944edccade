/** A model of the simulator whose text is a function of its prompt. */
export interface WritingModel {
  /** As the installation knows it: also with the prefix of a connection. */
  id: string;
  upstream: string;
  tokens: number;
}

/** Of the models of a connection whose provider continues a broken text. */
export const CONTINUING_PREFIX = 'cont';

/** 8 s of text: long enough for several faults in one answer. */
const LONG_TOKENS = 240;
export const LONG_UPSTREAM = `sim-t${LONG_TOKENS}-r30-x`;

/** One model at a provider that starts again, and at one that continues a text. */
export function writingModels(upstream: string, tokens: number): [WritingModel, WritingModel] {
  return [
    { id: upstream, upstream, tokens },
    { id: `${CONTINUING_PREFIX}.${upstream}`, upstream, tokens },
  ];
}

export const LONG_MODELS = writingModels(LONG_UPSTREAM, LONG_TOKENS);
