import { headline } from '../../analysis/clocks.js'
import { acquiredDepth, copiedBeyondChance } from '../../analysis/depth.js'
import { averageCurve, type Group, groupByP } from '../../analysis/groups.js'
import { collapses, levelThresholds } from '../../analysis/laws/clock-laws.js'
import type { Prototype } from '../../analysis/phenomena/prototypes.js'
import { depthOf, type RunSummary } from '../../analysis/run-summary.js'
import { ruleCosts } from '../../analysis/stopping/costs.js'
import { firstPassage, reachedStep } from '../../analysis/strike.js'
import { ALL_KNOWN } from '../../report/figures/anatomy.js'
import { inThirds } from '../../report/figures/prototypes.js'

/** What documents say of a study beside its clocks, as far as its runs know it. */
export type Digest = ReturnType<typeof digestOf>

/** Reads a digest off the runs of a study; what they hold beyond that is not kept. */
export function digestOf(runs: readonly RunSummary[]) {
  return {
    runs: Object.fromEntries(
      runs.map((run) => [run.key, { ...lastOf(run), copied: copiedOf(run), ...phenomenaOf(run) }]),
    ),
    thresholds: levelThresholds(runs),
    collapses: collapses(runs),
    costs: ruleCosts(runs).map(({ meaning, ...cost }) => cost),
    copiedBlocks: groupByP(runs).flatMap((group) => copiedBlocks(group, depthOf(runs))),
    thirds: [...new Set(runs.map(({ label }) => label))].flatMap((label) => {
      const alike = runs.filter((run) => run.label === label).map(({ phenomena }) => phenomena.prototypes)
      const thirds = alike.flatMap((strings) => (strings ? [inThirds(strings)] : []))
      return thirds.length === 0
        ? []
        : [{ label, half: [0, 1, 2].map((i) => halfBy(thirds.flatMap((t) => t[i]!))) }]
    }),
  }
}

/** The last checkpoint, and the greatest depth that any checkpoint had acquired. */
function lastOf({ records }: RunSummary) {
  const { copies } = records.at(-1)!
  return {
    copies: copies?.rate,
    chance: copies?.expected,
    depth: Math.max(...records.map((record) => acquiredDepth(record) ?? 0)),
  }
}

/** At the last checkpoint before a level's clock strikes: what share of its valid blocks are pieces of training strings. */
function copiedOf({ clocks, records }: RunSummary) {
  return headline(clocks).flatMap(({ clock, at }) => {
    if (clock.kind !== 'acquisition' || at.kind !== 'reached') return []
    const before = records.filter(({ step }) => step < at.step).at(-1)
    const level = before?.levels?.[clock.level - 1]
    return [
      {
        level: clock.level,
        copied: level?.blockCopies ?? null,
        expected: level?.blockCopiesExpected ?? null,
      },
    ]
  })
}

/** What experiments say of the last checkpoint, beside the exact posterior where they ask it. */
function phenomenaOf({ phenomena, records }: RunSummary) {
  const last = records.at(-1)!.step
  return {
    sampled: phenomena['sampler-steps']
      ?.filter(({ step }) => step === last)
      .map(({ steps, oneByOne, copies }) => ({ steps, oneByOne, copies })),
    infilled: phenomena.infilling
      ?.filter(({ step }) => step === last)
      .map(({ level, aligned, train, heldOut }) => {
        const exact = phenomena.infilling!.find(
          (row) => row.step === null && row.level === level && row.aligned === aligned,
        )!
        return { level, aligned, train, heldOut, exact: exact.heldOut }
      }),
  }
}

/** Beyond chance; enough to be no accident of a few samples. */
const COPIED = 0.25

/** When a quarter of a level's valid blocks are pieces of training strings beyond chance, in the mean over the runs of a P. */
function copiedBlocks(group: Group, depth: number) {
  return Array.from({ length: depth }, (_, i) => {
    const curve = averageCurve(group, ({ levels }) => levels && copiedBeyondChance(levels[i]!, ALL_KNOWN))
    const [steps, values] = [curve.map(({ step }) => step), curve.map(({ value }) => value)]
    return { P: group.P, level: i + 1, step: reachedStep(firstPassage(steps, values, COPIED)) ?? null }
  })
}

/** The checkpoint by which half of some strings have been copied; null where fewer are. */
function halfBy(strings: readonly Prototype[]): number | null {
  const steps = strings.flatMap(({ firstCopied }) => firstCopied ?? []).sort((a, b) => a - b)
  return steps[Math.ceil(strings.length / 2) - 1] ?? null
}
