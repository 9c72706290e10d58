import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import { clockTime, say } from './output.js'

/** Says how much of something is done. On a terminal it is a bar, elsewhere a plain line every few seconds. */
export type Progress = (done: number, note: string) => void

/** Several lines of progress at once. */
export interface ProgressBoard {
  line(name: string, total: number): Progress
  stop(): void
}

const PLAIN_EVERY_MS = 10_000

/** A board on stderr; silent where `quiet`. */
export function progressBoard(quiet: boolean): ProgressBoard {
  if (quiet) return { line: () => () => {}, stop: () => {} }
  return process.stderr.isTTY ? barBoard() : plainBoard()
}

function barBoard(): ProgressBoard {
  const board = new MultiBar(
    {
      stream: process.stderr,
      format: '{name} {bar} {percentage}% {note}',
      hideCursor: true,
      clearOnComplete: false,
      barsize: 24,
    },
    Presets.shades_classic,
  )
  return {
    line(name, total) {
      const bar: SingleBar = board.create(total, 0, { name: name.padEnd(24), note: '' })
      const started = Date.now()
      return (done, note) => bar.update(done, { note: `${note}  ETA ${eta(started, done, total)}` })
    },
    stop: () => board.stop(),
  }
}

function plainBoard(): ProgressBoard {
  return {
    line(name, total) {
      const started = Date.now()
      let last = started
      return (done, note) => {
        const now = Date.now()
        if (done < total && now - last < PLAIN_EVERY_MS) return
        last = now
        say(`${name}  ${((100 * done) / total).toFixed(0)}%  ${note}  ETA ${eta(started, done, total)}`)
      }
    },
    stop: () => {},
  }
}

function eta(started: number, done: number, total: number): string {
  return clockTime(done > 0 ? (((Date.now() - started) / 1000) * (total - done)) / done : Number.NaN)
}
