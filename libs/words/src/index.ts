export { toGrams } from './grams';
export { queryWords, unfoldedForms, wordsOf, type Words } from './words';
