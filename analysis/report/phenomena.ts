import {
  anatomyFigure,
  infillingFigure,
  prototypesFigure,
  samplerStepsFigure,
  uTurnFigure,
} from '../figures/phenomena.js'
import { writeFigure } from '../figures/render.js'
import type { Spec } from '../figures/theme.js'
import type { PhenomenonName } from '../phenomena/results.js'
import type { RunSummary } from '../run-summary.js'

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
}

/** Figures of the experiments that a study has done, and the anatomy of its copies, as sections of the report. */
export async function phenomenaSections(
  figures: string,
  runs: readonly RunSummary[],
  section: (title: string, svg: string, caption: string) => string,
): Promise<string> {
  const anatomy = await writeFigure(figures, 'H-anatomy', anatomyFigure(runs))
  const parts = [
    section(
      'H. Anatomy of a copy',
      anatomy,
      'Blocks are copied before whole strings are. A level of which nearly every block stands in the training strings is left out.',
    ),
  ]
  for (const [name, { title, caption, draw }] of Object.entries(EXPERIMENTS)) {
    const done = runs.filter((run) => run.phenomena[name as PhenomenonName] !== undefined)
    if (done.length === 0) continue
    parts.push(section(title, await writeFigure(figures, `I-${name}`, draw(done)), caption))
  }
  return parts.join('\n')
}
