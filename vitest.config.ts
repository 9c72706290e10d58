import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const config = defineConfig({
  test: {
    // Native sessions are released with their process.
    pool: 'forks',
    // Networks of tests keep to one thread: as many files at a time as there are cores.
    maxWorkers: availableParallelism(),
    // Limits tell a test that hangs from one that waits for a busy machine: they stand far from any real duration.
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/slow/**', 'test/vitest/example/**'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
})

export default config
