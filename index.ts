/**
 * The verbs of the README. Each room has more: `pcfg-diffusion/grammar`, `/corpus`, `/model`, `/train`, `/run`, `/analysis`,
 * `/report`, `/study`, `/vitest`.
 */

export { bayesDenoiser, measureDenoiser, measureSamples, memoriser } from './analysis/index.js'
export { InputError } from './common/error.js'
export {
  drawCorpus,
  readTokenFile,
  rhmSource,
  type Source,
  type TokenMatrix,
  tokenMatrix,
  writeCorpus,
} from './corpus/index.js'
export {
  compile,
  parsePcfg,
  parseRhm,
  pcfgInference,
  type Rhm,
  randomRhm,
  stringEntropy,
} from './grammar/index.js'
export { type Denoiser, sample } from './model/index.js'
export { figures, toSvg } from './report/index.js'
export { createRun, openRun, type Run, type RunConfigInput } from './run/index.js'
export { readStudy, runStudy } from './study/index.js'
