import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringSet } from '../common/strings.js'
import { writeCorpus } from '../corpus/files/write.js'
import { rhmSource } from '../corpus/rhm.js'
import { drawCorpus } from '../corpus/source.js'
import { parse } from '../grammar/rhm/parse.js'
import { randomRhm } from '../grammar/rhm/rhm.js'
import { compile } from '../grammar/rhm/tables.js'
import { medianSeconds, type Row } from './measure.js'

/** Corpus generation, parsing and copy look-up for the grammar (8, 3, 2, 3), and memory over a long corpus. */
export async function benchGrammar(): Promise<Row[]> {
  const tables = compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: 'bench' }))
  const source = rhmSource(tables)
  const long = rhmSource(compile(randomRhm({ v: 16, m: 4, s: 2, L: 4, seed: 'bench' })))
  const strings = 16_000
  const generate = await medianSeconds(9, () =>
    drawCorpus(source, { train: strings, test: 0, seed: 'bench' }),
  )

  const { train } = drawCorpus(source, { train: 1024, test: 0, seed: 'bench' })
  const samples = drawCorpus(source, { train: strings, test: 0, seed: 'other' }).train
  const known = stringSet(train)
  const check = await medianSeconds(9, () => {
    parse(tables, samples.tokens)
    for (let i = 0; i < samples.count; i++) known.find(samples.tokens, i * tables.d)
  })

  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const written = 400_000
  let run = 0
  const write = await medianSeconds(1, () =>
    writeCorpus(
      join(directory, `c${run++}`),
      long,
      { train: written, test: 0, seed: 'bench' },
      { format: 'jsonl' },
    ),
  )
  rmSync(directory, { recursive: true })

  // Memory that a long corpus needs: the largest heap over a million strings, against that over ten thousand.
  const peak = (count: number) => {
    let most = 0
    for (const _ of long.stream({ train: count, test: 0, seed: 'bench' }))
      most = Math.max(most, process.memoryUsage().rss)
    return most / 2 ** 20
  }
  const [short, million] = [peak(10_000), peak(1_000_000)]
  return [
    {
      what: 'corpus generation, (8,3,2,3)',
      value: ((strings * tables.d) / generate / 1e6).toFixed(1),
      unit: 'M tokens/s',
      target: '≥ 3',
    },
    {
      what: 'corpus to JSONL on disk, (16,4,2,4)',
      value: ((written * long.length) / write / 1e6).toFixed(1),
      unit: 'M tokens/s',
      target: '≥ 3',
    },
    {
      what: 'parse + copy look-up, (8,3,2,3), P = 1,024',
      value: (strings / check / 1e6).toFixed(2),
      unit: 'M strings/s',
      target: '≥ 1',
    },
    {
      what: 'resident memory at 10 thousand → 1 million strings',
      value: `${short.toFixed(0)} → ${million.toFixed(0)}`,
      unit: 'MiB',
      target: 'flat',
    },
  ]
}
