/**
 * Names what sets cells apart, such as "model.width=64"; empty where nothing does.
 *
 * @param ofOneKind paths that may differ between cells of one kind
 */
export function variantNames(configs: readonly object[], ofOneKind: RegExp): string[] {
  const flat = configs.map((config) => flatten(config))
  const paths = [...new Set(flat.flatMap((fields) => [...fields.keys()]))].filter(
    (path) => !ofOneKind.test(path),
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
