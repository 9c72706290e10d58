import { defineConfig } from 'vitest/config'

/** The tests that mutants of pure rooms meet: those of these rooms, but for what opens ONNX sessions, draws pages or takes many trials. */
const config = defineConfig({
  test: {
    include: ['test/{common,grammar,corpus,model,analysis}/**/*.test.ts'],
    exclude: [
      'test/analysis/denoisers.test.ts',
      'test/analysis/truthless.test.ts',
      'test/model/batch-layout.test.ts',
      'test/model/operators.test.ts',
      'test/model/own-process.test.ts',
    ],
    setupFiles: ['test/reference/mutation-setup.ts'],
    // Modules load once, not once for every mutant.
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})

export default config
