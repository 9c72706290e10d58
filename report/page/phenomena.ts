import type { PhenomenonName } from '../../analysis/phenomena/results.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import { infillingFigure } from '../figures/infilling.js'
import { prototypesFigure } from '../figures/prototypes.js'
import { samplerStepsFigure } from '../figures/sampler-steps.js'
import { splitHalfFigure } from '../figures/split-half.js'
import type { Spec } from '../figures/theme.js'
import { uTurnFigure } from '../figures/u-turn.js'
import { figureHtml, section } from '../html.js'
import { writeFigure } from '../render.js'

interface Experiment {
  readonly title: string
  readonly caption: string
  readonly draw: (runs: readonly RunSummary[]) => Spec
}

/** How each experiment is shown; one run of every P stands for all. */
const EXPERIMENTS: Readonly<Record<PhenomenonName, Experiment>> = {
  'sampler-steps': {
    title: 'Copies against sampler steps',
    caption:
      'Fewer steps fill several tokens at once, as if they were independent: copies and deep validity fall together.',
    draw: samplerStepsFigure,
  },
  'u-turn': {
    title: 'U-turn',
    caption:
      'Held-out strings. A network that has a level keeps its symbols as long as the exact posterior does.',
    draw: uTurnFigure,
  },
  infilling: {
    title: 'Extraction by infilling',
    caption: 'What is restored of training strings beyond held-out ones is remembered.',
    draw: infillingFigure,
  },
  prototypes: {
    title: 'Prototypical memorisation',
    caption: 'Counted in samples at every checkpoint.',
    draw: prototypesFigure,
  },
  'split-half': {
    title: 'Split-half agreement',
    caption:
      'What two networks on disjoint strings agree on is the language; what each has of its own is its strings.',
    draw: splitHalfFigure,
  },
}

/** Figures of the experiments that a study has done, as sections of the report. */
export async function phenomenaSections(figures: string, runs: readonly RunSummary[]): Promise<string> {
  const parts: string[] = []
  for (const [name, { title, caption, draw }] of Object.entries(EXPERIMENTS)) {
    const done = runs.filter((run) => run.phenomena[name as PhenomenonName] !== undefined)
    if (done.length === 0) continue
    parts.push(section(title, figureHtml(await writeFigure(figures, `I-${name}`, draw(done)), caption)))
  }
  return parts.join('\n')
}
