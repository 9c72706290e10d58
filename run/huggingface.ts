import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { writeFileAtomic, writeFolder, writeJson } from '../common/files.js'
import { inferenceModel } from '../train/artifacts/inference.js'
import { parametersAt } from './denoiser.js'
import type { RunParts } from './directory.js'

/** Ids after the tokens 0..V−1, in order. MASK = V is the network's own mask token. */
const SPECIAL = ['[MASK]', '[UNK]', '[PAD]'] as const

/**
 * Writes a Hugging Face model folder that @huggingface/transformers loads offline: `pipeline('fill-mask', DIR)`.
 * Token `7` is the word "7", id 7; strings are words separated by spaces. The folder appears whole or not at all.
 *
 * @param facts lines of the model card about how good the checkpoint is
 */
export function exportHuggingFace(
  run: RunParts,
  step: number,
  directory: string,
  facts: readonly string[],
): Promise<void> {
  if (!run.process.fillsMasks)
    throw new InputError(
      'run',
      `a network that learned ${run.process.name}`,
      'a run with masks, which is what fill-mask pipelines read',
    )
  return writeFolder(directory, (pending) => {
    const model = inferenceModel(run.network, run.layout, parametersAt(run, step), SPECIAL.length)
    writeFileAtomic(join(pending, 'onnx/model.onnx'), model)
    writeJson(join(pending, 'config.json'), modelConfig(run))
    writeJson(join(pending, 'tokenizer.json'), tokenizer(run.source))
    writeJson(join(pending, 'tokenizer_config.json'), tokenizerConfig(run.source.length))
    writeJson(join(pending, 'grammar.json'), run.source.file)
    writeFileAtomic(join(pending, 'README.md'), modelCard(run, step, facts))
  })
}

function modelConfig({ config: { model }, source: { vocabulary, length } }: RunParts) {
  const id = (token: (typeof SPECIAL)[number]) => vocabulary + SPECIAL.indexOf(token)
  const width = 'width' in model ? model.width : vocabulary
  return {
    // A loader hint for Transformers.js, which picks its class by name; the network is in onnx/model.onnx.
    model_type: 'bert',
    architectures: ['BertForMaskedLM'],
    vocab_size: vocabulary + SPECIAL.length,
    hidden_size: width,
    num_hidden_layers: 'layers' in model ? model.layers : Math.round(Math.log2(length)),
    num_attention_heads: 'heads' in model ? model.heads : 1,
    intermediate_size: 'mlpRatio' in model ? width * model.mlpRatio : width,
    max_position_embeddings: length,
    pad_token_id: id('[PAD]'),
    mask_token_id: id('[MASK]'),
  }
}

function tokenizer({ vocabulary: v, text }: RunParts['source']) {
  const words = [...Array.from({ length: v }, (_, token) => text(token)), ...SPECIAL]
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

function modelCard(run: RunParts, step: number, facts: readonly string[]): string {
  const { length, vocabulary: v, description, text } = run.source
  const { corpusSha256, configSha256 } = run.provenance()
  return `---
library_name: transformers.js
pipeline_tag: fill-mask
tags: [masked-diffusion, probabilistic-context-free-grammar]
---
# Masked-diffusion model of a formal language

A ${run.layout.total.toLocaleString('en')}-parameter ${run.config.model.kind} at optimiser step ${step} of ${run.config.steps}, trained by
pcfg-diffusion on ${run.config.corpus.train} strings of ${length} tokens.

- source: ${description}, in \`grammar.json\`
- corpus: SHA-256 of the training tokens \`${corpusSha256}\`
- configuration: SHA-256 \`${configSha256}\`
${facts.map((fact) => `- ${fact}`).join('\n')}

\`input_ids\` int64 [batch, ${length}] → \`logits\` float32 [batch, ${length}, ${v + SPECIAL.length}]; ids 0–${v - 1} are the tokens, ${v} is [MASK].
\`config.json\` says \`bert\` only so that Transformers.js picks its fill-mask class.

\`\`\`js
import { pipeline } from '@huggingface/transformers'
const fill = await pipeline('fill-mask', '/path/to/this/folder', { dtype: 'fp32' })
await fill('${Array.from({ length }, (_, i) => (i === 0 ? '[MASK]' : text(0))).join(' ')}')
\`\`\`
`
}
