/** One run: a directory with a configuration, a network, its checkpoints and what was measured of them. */

export type { AnalyseContext } from './analyse.js'
export type { Assembly } from './assembly.js'
export { type Baseline, measureSubject, readBaseline, type Subject, writeBaseline } from './baseline.js'
export type { RunConfig, RunConfigInput } from './config.js'
export type { RunDenoiser } from './denoiser.js'
export type { RunParts } from './directory.js'
export { exportHuggingFace } from './huggingface.js'
export type { AnalysisOptions } from './options.js'
export { createRun, openRun, type Run } from './run.js'
export type { TrainOptions, TrainOutcome } from './train.js'
