export { queryWords, wordsOf, type Words } from './words';
