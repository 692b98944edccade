export { toGrams } from './grams';
export { isUnspaced, queryWords, unfoldedForms, wordsOf, type Words } from './words';
