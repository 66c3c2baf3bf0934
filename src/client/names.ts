// Names of types for models: readable, identifiers, and no two alike.

/** `wine-anomaly` → `WineAnomaly`; a number at the end where another model has the name already. In the order of the models. */
export function typeNames(models: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return models.map(model => {
    const plain = pascal(model)
    let name = plain
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${plain}_${count}`
    taken.add(name.toLowerCase())
    return name
  })
}

/** Letters and digits of ASCII alone: what looks alike is alike. */
function pascal(model: string): string {
  const words =
    model
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .match(/[A-Za-z0-9]+/g) ?? []
  const name = words.map(word => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(name) ? name : `Model${name}`
}
