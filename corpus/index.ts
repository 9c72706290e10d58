/** Where strings come from, what is known exactly of them, and corpora as files. */

export { type StringSet, stringSet, type TokenMatrix, tokenMatrix } from '../common/strings.js'
export { readTokenFile, type TokenFileShape } from './files/read.js'
export {
  type CorpusFile,
  type CorpusFilesOptions,
  type CorpusFormat,
  type CorpusManifest,
  writeCorpus,
} from './files/write.js'
export { type RhmSource, rhmSource } from './rhm.js'
export { type Corpus, type CorpusBlock, drawCorpus, type Source } from './source.js'
export type { CorpusSpec, Split } from './spec.js'
export type { Levels, Truth } from './truth.js'
