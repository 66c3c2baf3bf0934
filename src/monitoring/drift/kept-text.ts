// Texts in a sample: those that may be categories as they are, of longer ones the length alone. A piece of a long text would keep all of it
// in memory.
import { categoryCharsMax } from './bins.ts'

/** No text of a tensor has it. */
const mark = '\0'

export function keptText(text: string): string {
  return text.length > categoryCharsMax ? `${mark}${text.length}` : text
}

/** UTF-16 units of the text that was kept. */
export function keptLength(kept: string): number {
  return kept.startsWith(mark) ? Number(kept.slice(1)) : kept.length
}

/** What it counts as: long texts are nobody's category. */
export function keptName(kept: string): string | undefined {
  return kept.startsWith(mark) || kept.length > categoryCharsMax ? undefined : kept
}
