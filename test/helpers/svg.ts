// Reads what a page draws: the attributes of its elements, and its texts.

type Attributes = Readonly<Record<string, string>>

/** Attributes of every `tag` whose class has `name` among its words. */
export function elements(markup: string, tag: string, name?: string): Attributes[] {
  const all = [...markup.matchAll(new RegExp(`<${tag}((?: [\\w:-]+="[^"]*")*)`, 'g'))].map(([, text = '']) =>
    Object.fromEntries([...text.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]))
  )
  return name === undefined ? all : all.filter(each => each['class']?.split(' ').includes(name))
}

/** An attribute as a number, without the unit after it. */
export const numberOf = (element: Attributes | undefined, attribute: string): number =>
  Number.parseFloat(element?.[attribute] ?? 'no such attribute')

/** What stands inside of every `tag` whose class has `name` among its words; of no nested ones. */
export function texts(markup: string, tag: string, name?: string): string[] {
  return [...markup.matchAll(new RegExp(`<${tag}((?: [^>]*)?)>([^<]*)`, 'g'))]
    .filter(([, attributes = '']) => name === undefined || classesOf(attributes).includes(name))
    .map(([, , text = '']) => text)
}

const classesOf = (attributes: string): string[] => /class="([^"]*)"/.exec(attributes)?.[1]?.split(' ') ?? []

/** Fails where a bar is not as long as its share says, within the rounding of coordinates. */
export function proportional(lengths: readonly number[], shares: readonly number[]): boolean {
  const longest = Math.max(...lengths)
  const most = Math.max(...shares)
  return (
    longest > 0 &&
    lengths.length === shares.length &&
    lengths.every((length, index) => Math.abs(length / longest - shares[index]! / most) < 0.001)
  )
}
