import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const config = defineConfig({
  test: {
    // Native sessions are released with their process.
    pool: 'forks',
    // Networks of tests keep to one thread: as many files at a time as there are cores.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/slow/**', 'test/vitest/example/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})

export default config
