export { gramsOf } from './grams';
export { queryWords, wordsOf, type Words } from './words';
