import { writeCorpus } from '../../corpus/files/write.js'
import { defineCommand, required, toggle } from '../command.js'
import { integerFlag, readGrammar } from '../grammar-input.js'
import { printJson, say } from '../output.js'
import { progressBoard } from '../progress.js'

export const corpusCommand = defineCommand({
  command: 'corpus',
  describe: 'draw training and test strings from a grammar',
  builder: (yargs) =>
    yargs
      .option('grammar', required('grammar JSON'))
      .option('train', required('P: training strings'))
      .option('test', {
        type: 'string',
        default: '1024',
        describe: 'Q: held-out strings, disjoint from the training strings',
      })
      .option('out', required('folder to make'))
      .option('format', {
        choices: ['jsonl', 'npy', 'hf'] as const,
        default: 'jsonl' as const,
        describe: 'hf: a Hugging Face datasets folder',
      })
      .option('tree', toggle('keep every latent level, root first'))
      .option('seed', { type: 'string', default: '0' })
      .option('replacement', toggle('independent draws, so that training strings may repeat'))
      .option('duplicates', {
        type: 'string',
        default: '1',
        describe: 'how often each drawn training string stands in the corpus',
      })
      .example(
        '$0 corpus --grammar g.json --train 1024 --out corpus',
        'train.jsonl, test.jsonl, manifest.json',
      )
      .example(
        '$0 corpus --grammar g.json --train 10000000 --format hf --out strings',
        'Parquet, in constant memory',
      ),
  handler: async (argv) => {
    const spec = {
      train: integerFlag('train', argv.train, 0),
      test: integerFlag('test', argv.test, 0),
      seed: argv.seed,
      replacement: argv.replacement,
      duplicates: integerFlag('duplicates', argv.duplicates, 1),
    }
    const source = readGrammar(argv.grammar)
    const board = progressBoard(argv.json || spec.train < 100_000)
    const progress = board.line('strings', spec.train + spec.test)
    const manifest = await writeCorpus(argv.out, source, spec, {
      format: argv.format,
      tree: argv.tree,
      onProgress: (strings) => progress(strings, `${strings} strings`),
    })
    board.stop()
    if (argv.json) printJson({ directory: argv.out, ...manifest })
    else say(`${argv.out}: ${spec.train} training and ${spec.test} test strings of ${source.length} tokens`)
  },
})
