/** Many runs from one file: experiments, cells, plans, reports. */

export { parseStudy, readStudy, type Study, type StudyCell } from './definition.js'
export type {
  AnyExperiment,
  CellContext,
  CellCost,
  CellProgress,
  CellStand,
  Experiment,
  Experiments,
  Findings,
  PlacedStudy,
} from './experiment.js'
export { type Answer, queryStudies } from './query.js'
export { type Collected, collect, writeReport } from './report.js'
export { prepareStudy, type RunStudyOptions, runStudy } from './run-study.js'
export { type CellStatus, studyStatus } from './status.js'
