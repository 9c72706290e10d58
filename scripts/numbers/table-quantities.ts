import { type Clock, label, meaning, sameClock, strikeOf } from '../../analysis/clocks.js'
import { groupByP } from '../../analysis/groups.js'
import { clockLaws, describeFit } from '../../analysis/laws/clock-laws.js'
import { clockMeans } from '../../analysis/laws/clock-means.js'
import { found, type Quantity } from './quantity.js'
import { COSTS, ofStudy } from './study-quantities.js'
import { clockOf } from './study-results.js'
import { mean, minus, percent, subscripts, table, whole } from './written.js'

/** Whole tables. */

/** `run-table τ_1 … copies …`: clocks of every run, and shares at its last checkpoint. */
export const runTable: Quantity = ({ runs, digest, words }) =>
  table(
    ['P', ...words.map((word) => SHARES[word] ?? subscripts(word))],
    runs.map((run) => {
      const last = found(digest().runs[run.key], `run ${run.key}`)
      return [
        whole(run.P),
        ...words.map((word) => {
          if (word in SHARES) return percent(found(last[word as 'copies' | 'chance'], word))
          const clock = clockOf(word)
          const at = found(strikeOf(run.clocks, clock), word)
          if (at.kind === 'censored') return `> ${whole(at.after)}`
          const byCopies = clock.kind === 'acquisition' && clock.level > last.depth
          return byCopies ? `(${whole(at.step)})` : whole(at.step)
        }),
      ]
    }),
  )

const SHARES: Readonly<Record<string, string>> = { copies: 'copies at the end', chance: 'by chance' }

/** `law-table`: how every clock grows with P. */
export const lawTable: Quantity = ({ runs }) =>
  table(
    ['clock', 'strikes', 'growth', 'struck in'],
    clockLaws(runs)
      .filter(({ regime }) => regime === null)
      .map((law) => [
        subscripts(label(law.clock)),
        subscripts(meaning(law.clock)),
        minus(describeFit(law)),
        `${law.points.length} of ${law.points.length + law.censored + law.atStart}`,
      ]),
  )

/** `step-table τ_1 …`: means over grammars, a row per P. */
export const stepTable: Quantity = ({ runs, words }) => {
  const means = clockMeans(runs)
  const cell = (P: number, clock: Clock) => {
    const one = found(
      means.find((each) => each.P === P && sameClock(each.clock, clock)),
      label(clock),
    )
    return one.reached === 0 ? '–' : mean(one, whole)
  }
  const rows = groupByP(runs).map(({ P }) => [whole(P), ...words.map((word) => cell(P, clockOf(word)))])
  return table(['P', ...words.map(subscripts)], rows)
}

/** `cost-table`: what every stopping rule costs. */
export const costTable: Quantity = (question) =>
  table(
    ['rule', 'fired', 'memorised ρ', 'novel, valid', 'test NELBO lost'],
    ofStudy(question).costs.map((cost) => [
      cost.rule === 'none' ? 'none' : `\`${cost.rule}\``,
      ...Object.values(COSTS).map((read) => read(cost)),
    ]),
  )

/** `threshold-table`: P*_ℓ of two kinds of learner, and between which P a level was seen to be acquired. */
export const thresholdTable: Quantity = (question) =>
  table(
    ['level', 'P* reusing rules', 'P* raw tuples', 'half of the runs acquire it'],
    ofStudy(question).thresholds.map(({ level, reuse, raw, reached, missed }) => [
      String(level),
      whole(reuse),
      whole(raw),
      reached === null
        ? `not up to P = ${whole(missed!)}`
        : missed === null
          ? `at P = ${whole(reached)} already`
          : `from P = ${whole(reached)}, not at ${whole(missed)}`,
    ]),
  )

/** `block-table`: when a quarter of the blocks of a level are pieces of training strings beyond chance, a row per P. */
export const blockTable: Quantity = ({ runs, digest }) => {
  const blocks = digest().copiedBlocks
  const depth = Math.max(...blocks.map(({ level }) => level))
  return table(
    ['P', ...Array.from({ length: depth - 1 }, (_, i) => `level ${i + 1}`), 'whole strings'],
    groupByP(runs).map((group) => [
      whole(group.P),
      ...blocks.filter(({ P }) => P === group.P).map(({ step }) => (step === null ? '–' : whole(step))),
    ]),
  )
}

/** `infilling-table`: stretches restored at the last checkpoint, blocks of the grammar / beside them. */
export const infillingTable: Quantity = ({ runs, digest }) =>
  table(
    ['P', 'tokens hidden', 'training strings', 'held-out strings', 'exact posterior'],
    runs.flatMap((run) => {
      const points = found(digest().runs[run.key]?.infilled, 'infilling')
      const { branching } = run.source.truth.levels!
      return points.flatMap((block) => {
        if (!block.aligned) return []
        const beside = found(
          points.find((one) => !one.aligned && one.level === block.level),
          'stretch beside',
        )
        const both = (read: (point: typeof block) => number) =>
          [block, beside].map(read).map(percent).join(' / ')
        return [
          [
            whole(run.P),
            whole(branching ** block.level),
            both(({ train }) => train),
            both(({ heldOut }) => heldOut),
            both(({ exact }) => exact),
          ],
        ]
      })
    }),
  )

/** `variant-table τ_copy`: a clock by variant, and by when half of the likely and of the unlikely strings have been copied. */
export const variantTable: Quantity = ({ runs, digest, words: [clock = ''] }) => {
  const half = (step: number | null | undefined) => (step ? whole(step) : '–')
  return table(
    ['rules', clock, 'half of the likely third by', 'half of the unlikely third by'],
    clockMeans(runs)
      .filter((one) => sameClock(one.clock, clockOf(clock)))
      .map((one) => {
        const thirds = digest().thirds.find(({ label: name }) => name === one.label)
        return [one.label, mean(one, whole), half(thirds?.half[0]), half(thirds?.half[2])]
      }),
  )
}
