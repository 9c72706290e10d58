/** Four runs of some seconds: two sizes, two grammars. */
export const STUDY = `
name: tiny
base:
  grammar: { v: 6, m: 2, s: 2, L: 3 }
  corpus: { test: 60 }
  model: { layers: 1, width: 16 }
  steps: 300
  checkpoints: { count: 6 }
axes:
  - - { corpus.train: 16, steps: 200 }
    - { corpus.train: 48 }
  - grammar.seed: ["1", "2"]
analysis: { samples: 60, strings: 16 }
`
