import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readText } from '../../common/files.js'
import { shownOf, tourOf, walk, withTour } from '../../scripts/tour/tour.js'
import { program, root } from '../cli/run-cli.js'

const readme = readText(join(root, 'README.md'), 'document')

test("the commands of README's tour run, and what they print before anything is trained is what it shows", () => {
  const stops = tourOf(readme)
  const printed = walk(
    stops.map(({ command }) => command),
    program,
  )
  const trained = stops.findIndex(({ command }) => command.startsWith('pcfg-diffusion train'))
  expect(trained).toBeGreaterThan(3)
  stops.forEach(({ shown }, i) => {
    const now = shownOf(shown, printed[i]!)
    // Kernels of another processor train to other bits.
    if (i < trained) expect(now).toEqual(shown)
    else expect(now.length).toBe(shown.length)
  })
})

test('a tour keeps what it leaves out, and shows the rest as printed', () => {
  const document = 'a\n```console\n$ one\nold 1\n$ two\nx 1\n…\nz 3\n$ three   # says nothing here\n```\nb\n'
  const stops = tourOf(document)
  expect(stops).toEqual([
    { command: 'one', shown: ['old 1'] },
    { command: 'two', shown: ['x 1', '…', 'z 3'] },
    { command: 'three   # says nothing here', shown: [] },
  ])
  expect(shownOf(stops[0]!.shown, ['new 1', 'new 2'])).toEqual(['new 1', 'new 2'])
  expect(shownOf(stops[1]!.shown, ['w 0', 'x 9', 'y 8', 'z $&'])).toEqual(['x 9', '…', 'z $&'])
  expect(shownOf([], ['words'])).toEqual([])
  expect(() => shownOf(['q', '…'], ['x'])).toThrow('no line begins with q')
  const renewed = [{ command: 'one', shown: ['z $&'] }]
  expect(withTour(document, renewed)).toBe('a\n```console\n$ one\nz $&\n```\nb\n')
})
