/** What may differ between runs of one kind: P, how long they are watched, and seeds. */
const OF_ONE_KIND = /^(corpus\.(train|test|half)|steps|checkpoints\..*|.*\bseed)$/

/** Names what sets runs apart beside P and seeds, such as "model.width=64"; empty where nothing does. */
export function variantNames(configs: readonly object[]): string[] {
  const flat = configs.map((config) => flatten(config))
  const paths = [...new Set(flat.flatMap((fields) => [...fields.keys()]))].filter(
    (path) => !OF_ONE_KIND.test(path),
  )
  const differing = paths.filter((path) => new Set(flat.map((fields) => fields.get(path))).size > 1)
  return flat.map((fields) =>
    differing.flatMap((path) => (fields.has(path) ? [`${path}=${fields.get(path)}`] : [])).join(', '),
  )
}

function flatten(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, String(value)]])
  if (Array.isArray(value)) return new Map([[path, value.join(' ')]])
  return new Map(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .flatMap(([key, inner]) => [...flatten(inner, path ? `${path}.${key}` : key)]),
  )
}
