import { type Measure, type Share, shareOf, shareSchema } from './measure.js'

/** Samples that parse up to the root and are no training string, as a share. */
export const novelty: Measure<Share> = {
  version: 2,
  needs: ['levels', 'train'],
  schema: shareSchema,
  prepare:
    () =>
    ({ isCopy, parsed, samples: { count } }) => {
      const found = parsed!.at(-1)!.reduce((sum, root, i) => sum + (root >= 0 && !isCopy[i] ? 1 : 0), 0)
      return shareOf(found, count)
    },
  columns: ({ rate }) => [{ name: 'novel valid', value: rate }],
}
