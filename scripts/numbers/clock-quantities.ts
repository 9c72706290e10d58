import { type Clock, sameClock, strikeOf } from '../../analysis/clocks.js'
import { groupByP } from '../../analysis/groups.js'
import { clockLaws, describeFit } from '../../analysis/laws/clock-laws.js'
import { overGrammars, ratio } from '../../analysis/laws/clock-means.js'
import { reachedStep } from '../../analysis/strike.js'
import type { Quantity } from './quantity.js'
import { clockOf } from './study-results.js'
import { decimal, listed, mean, minus, whole } from './written.js'

/** Quantities of the clocks in results.csv. */

/** `exponent τ_1`, over all regimes. */
export const exponent: Quantity = ({ runs, words: [clock = ''] }) => {
  const law = clockLaws(runs).find((one) => one.regime === null && sameClock(one.clock, clockOf(clock)))
  if (!law) throw new Error(`no run has ${clock}`)
  return minus(describeFit(law))
}

/** `step τ_1`: in the mean over grammars, of one P. */
export const step: Quantity = ({ runs, words: [clock = ''] }) => {
  if (groupByP(runs).length > 1) throw new Error('a step is of one P')
  const known = clockOf(clock)
  return mean(
    overGrammars(runs, (run) => reachedStep(strikeOf(run.clocks, known))),
    whole,
  )
}

/** `ratio τ_2/τ_1`: in the mean over grammars. */
export const ratioOf: Quantity = ({ runs, words }) => {
  const [late, early] = pair(words)
  return mean(
    overGrammars(runs, (run) => ratio(run, early, late)),
    (value) => decimal(value, 1),
  )
}

/** `least τ_2/τ_1`: of any run. */
export const least: Quantity = ({ runs, words }) => {
  const [late, early] = pair(words)
  const ratios = runs.flatMap((run) => ratio(run, early, late) ?? [])
  if (ratios.length < runs.length) throw new Error('some runs have no such ratio')
  return decimal(Math.min(...ratios), 1)
}

function pair([word = '']: readonly string[]): [late: Clock, early: Clock] {
  const [late = '', early = ''] = word.split('/')
  return [clockOf(late), clockOf(early)]
}

/** `struck τ_1`: 15 of 15. */
export const struck: Quantity = ({ runs, words: [clock = ''] }) => {
  const known = clockOf(clock)
  const reached = runs.filter((run) => strikeOf(run.clocks, known)?.kind === 'reached')
  return `${reached.length} of ${runs.length}`
}

/** `when τ_oracle`, of a study with one run per P: step 365 at P = 32, not at P = 128 and 512. */
export const when: Quantity = ({ runs, words: [clock = ''] }) => {
  const groups = groupByP(runs)
  if (groups.length < runs.length) throw new Error('several runs of one P')
  const steps = groups.map((group) => ({
    P: whole(group.P),
    step: reachedStep(strikeOf(group.runs[0]!.clocks, clockOf(clock))),
  }))
  const found = steps.flatMap((one) =>
    one.step === undefined ? [] : [`step ${whole(one.step)} at P = ${one.P}`],
  )
  const missed = steps.flatMap((one) => (one.step === undefined ? [one.P] : []))
  return [...found, ...(missed.length > 0 ? [`not at P = ${listed(missed)}`] : [])].join(', ')
}
