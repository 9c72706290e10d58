import { clockLaws } from '../../analysis/laws/clock-laws.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import { countStrings } from '../../grammar/rhm/rhm.js'
import { anatomyFigure } from '../figures/anatomy.js'
import { gapFigure } from '../figures/gap.js'
import { lossesFigure } from '../figures/losses.js'
import { nearestFigure } from '../figures/nearest.js'
import { phaseFigure, type Smoothing } from '../figures/phase.js'
import { scalingFigure } from '../figures/scaling.js'
import { hasOracles, staircaseFigure } from '../figures/staircase.js'
import { validityFigure } from '../figures/validity.js'
import { figureHtml, section } from '../html.js'
import { writeFigure } from '../render.js'
import { lawTables } from './laws.js'
import { runTable } from './runs.js'
import { stoppingTable } from './stopping.js'

/** Everything that is drawn of runs that differ in P and seeds only. */
export async function variantSections(
  figures: string,
  runs: readonly RunSummary[],
  smooth: Smoothing = 'none',
): Promise<string> {
  const validity = await writeFigure(figures, 'A-validity', validityFigure(runs))
  const losses = await writeFigure(figures, 'B-losses', lossesFigure(runs))
  const oracles = hasOracles(runs)
  const staircase = oracles ? await writeFigure(figures, 'D-staircase', staircaseFigure(runs)) : ''
  const gap = oracles ? await writeFigure(figures, 'E-gap', gapFigure(runs)) : ''
  const nearest = await writeFigure(figures, 'F-nearest', nearestFigure(runs))
  const several = new Set(runs.map((run) => run.P)).size > 1
  const laws = several ? clockLaws(runs) : []
  const scaling = several ? await writeFigure(figures, 'C-scaling', scalingFigure(runs, laws)) : ''
  const phase = several ? await writeFigure(figures, 'G-phase', phaseFigure(runs, smooth)) : ''
  const anatomy = await writeFigure(figures, 'H-anatomy', anatomyFigure(runs))
  return [
    `<p class="lead">${grammarSentence(runs)}</p>`,
    section(
      'A. Depth acquired, and copies',
      figureHtml(
        validity,
        'Each panel is one training-set size. A level counts as acquired when its conditional validity stands half-way between chance and 1, measured on samples that are no copies.',
      ),
    ),
    section(
      'B. Losses and their two floors',
      figureHtml(
        losses,
        'Same masks at every checkpoint for training and held-out strings. The curves are cut where a memorising run’s test loss leaves the frame.',
      ),
    ),
    several
      ? section(
          'C. Clocks against the number of training strings',
          figureHtml(
            scaling,
            'Exponents with their 95 % bootstrap intervals where there are at least three points. The drawn lines pool all P; the table below fits each depth regime by itself.',
          ) + lawTables(runs, laws),
        )
      : '',
    oracles
      ? section(
          'D. Against exact oracles',
          figureHtml(
            staircase,
            'BP ℓ is the exact posterior of a grammar whose levels above ℓ are unknown; its loss is a floor for any network of that depth. The memoriser is the posterior over the training strings.',
          ),
        ) +
        section(
          'E. Where the gap opens',
          figureHtml(
            gap,
            'The first run of each P. A red column is a checkpoint that knows its training strings.',
          ),
        )
      : '',
    section(
      'F. Distance to the training strings',
      figureHtml(nearest, 'The first run of each P; as many held-out strings as samples.'),
    ),
    several
      ? section(
          'G. Phase diagram',
          figureHtml(
            phase,
            'A level counts for a P where at least half of its runs reach it; lines stop where fewer do.',
          ),
        )
      : '',
    section(
      'H. Anatomy of a copy',
      figureHtml(
        anatomy,
        'Blocks are copied before whole strings are. A level of which nearly every block stands in the training strings is left out.',
      ),
    ),
    section('Where each rule would have stopped', stoppingTable(runs)),
    section('Runs', runTable(runs)),
  ].join('\n')
}

function grammarSentence(runs: readonly RunSummary[]): string {
  const shapes = [
    ...new Set(runs.map(({ tables: { v, m, s, L, n } }) => `v=${v}, m=${m}, s=${s}, L=${L}, n=${n}`)),
  ]
  const { tables, parameters, batch, records } = runs[0]!
  const last = records.at(-1)!
  return (
    `Random Hierarchy Model (${shapes.join('; ')}): ${countStrings(tables.grammar)} strings of ${tables.d} tokens, ` +
    `H = ${records[0]!.floors.entropy.toFixed(2)} nats. Networks of ${parameters.toLocaleString('en')} parameters, ` +
    `${batch} strings per step; ${last.samples} samples per checkpoint.`
  )
}
