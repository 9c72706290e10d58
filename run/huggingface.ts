import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { writeFileAtomic, writeFolder, writeJson } from '../common/files.js'
import { countStrings } from '../grammar/rhm/rhm.js'
import { inferenceModel } from '../train/artifacts/inference.js'
import { evaluationParameters, type TrainState } from '../train/checkpoint.js'
import { processOf } from './config.js'
import type { Run } from './directory.js'

/** Ids after the tokens 0..V−1, in order. MASK = V is the network's own mask token. */
const SPECIAL = ['[MASK]', '[UNK]', '[PAD]'] as const

/**
 * Writes a Hugging Face model folder that @huggingface/transformers loads offline: `pipeline('fill-mask', DIR)`.
 * Token `7` is the word "7", id 7; strings are words separated by spaces. The folder appears whole or not at all.
 *
 * @param facts lines of the model card about how good the checkpoint is
 */
export function exportHuggingFace(
  run: Run,
  state: TrainState,
  directory: string,
  facts: readonly string[],
): Promise<void> {
  if (processOf(run.config).kind !== 'absorbing') {
    const learned = run.config.model.kind === 'causal' ? 'a causal network' : 'uniform noise'
    throw new InputError('run', learned, 'a run with masks, which is what fill-mask pipelines read')
  }
  return writeFolder(directory, (pending) => {
    const model = inferenceModel(run.network, run.layout, evaluationParameters(state), SPECIAL.length)
    writeFileAtomic(join(pending, 'onnx/model.onnx'), model)
    writeJson(join(pending, 'config.json'), modelConfig(run))
    writeJson(join(pending, 'tokenizer.json'), tokenizer(run.tables.v))
    writeJson(join(pending, 'tokenizer_config.json'), tokenizerConfig(run.tables.d))
    writeJson(join(pending, 'grammar.json'), run.tables.grammar)
    writeFileAtomic(join(pending, 'README.md'), modelCard(run, state, facts))
  })
}

function modelConfig({ config: { model }, tables }: Run) {
  const id = (token: (typeof SPECIAL)[number]) => tables.v + SPECIAL.indexOf(token)
  return {
    // A loader hint for Transformers.js, which picks its class by name; the network is in onnx/model.onnx.
    model_type: 'bert',
    architectures: ['BertForMaskedLM'],
    vocab_size: tables.v + SPECIAL.length,
    hidden_size: model.width,
    num_hidden_layers: 'layers' in model ? model.layers : Math.round(Math.log2(tables.d)),
    num_attention_heads: 'heads' in model ? model.heads : 1,
    intermediate_size: 'mlpRatio' in model ? model.width * model.mlpRatio : model.width,
    max_position_embeddings: tables.d,
    pad_token_id: id('[PAD]'),
    mask_token_id: id('[MASK]'),
  }
}

function tokenizer(v: number) {
  const words = [...Array.from({ length: v }, (_, token) => String(token)), ...SPECIAL]
  const added = SPECIAL.map((content, i) => ({
    id: v + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  }
}

function tokenizerConfig(length: number) {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: length,
    unk_token: '[UNK]',
    pad_token: '[PAD]',
    mask_token: '[MASK]',
    clean_up_tokenization_spaces: false,
  }
}

function modelCard(run: Run, state: TrainState, facts: readonly string[]): string {
  const { v, m, s, L, n, seed } = run.tables.grammar
  return `---
library_name: transformers.js
pipeline_tag: fill-mask
tags: [masked-diffusion, probabilistic-context-free-grammar]
---
# Masked-diffusion model of a Random Hierarchy Model

A ${run.layout.total.toLocaleString('en')}-parameter ${run.config.model.kind} at optimiser step ${state.step} of ${run.config.steps}, trained by
pcfg-diffusion on ${run.config.corpus.train} strings of ${run.tables.d} tokens.

- grammar: v=${v}, m=${m}, s=${s}, L=${L}, n=${n}, seed \`${seed}\` (${countStrings(run.tables.grammar)} strings), in \`grammar.json\`
- corpus: SHA-256 of the training tokens \`${run.provenance.corpusSha256}\`
- configuration: SHA-256 \`${run.provenance.configSha256}\`
${facts.map((fact) => `- ${fact}`).join('\n')}

\`input_ids\` int64 [batch, ${run.tables.d}] → \`logits\` float32 [batch, ${run.tables.d}, ${v + SPECIAL.length}]; ids 0–${v - 1} are the tokens, ${v} is [MASK].
\`config.json\` says \`bert\` only so that Transformers.js picks its fill-mask class.

\`\`\`js
import { pipeline } from '@huggingface/transformers'
const fill = await pipeline('fill-mask', '/path/to/this/folder', { dtype: 'fp32' })
await fill('${Array.from({ length: run.tables.d }, (_, i) => (i === 0 ? '[MASK]' : '0')).join(' ')}')
\`\`\`
`
}
