// Which releases follow each other: ten kinds in turn, one of them broken on purpose. Pure.
import { type Broken, broken, type Content, good } from './content.ts'

export type Release =
  /** A higher version: complete under a hidden name and renamed, or written piece by piece where the server looks. */
  | { readonly how: 'copied' | 'grown'; readonly content: Content }
  /** Two higher versions, the second without waiting for the first. */
  | { readonly how: 'hurried'; readonly first: Content; readonly content: Content }
  /** Other files for the version that serves: written over the old ones piece by piece, or exchanged for them. */
  | { readonly how: 'overwritten' | 'exchanged'; readonly content: Content }
  /** The version that serves is removed; the one before it serves again. */
  | { readonly how: 'withdrawn' }
  /** A higher version, or other files for the one that serves, that must be kept out. */
  | { readonly how: 'broken' | 'spoilt'; readonly broken: Broken }

/** What the first version adds. */
export const firstAdds = 1

/** The release of this number, from 0. Contents alternate between two, but for one in ten that nobody has seen before. */
export function releaseOf(number: number): Release {
  const alternating = good(2 - (number % 2))
  switch (number % 10) {
    case 1:
    case 6:
      return { how: 'grown', content: alternating }
    case 2:
      return { how: 'hurried', first: good(firstAdds), content: alternating }
    case 3:
      return { how: 'overwritten', content: alternating }
    case 4:
      return { how: 'copied', content: good(10 + number) }
    case 5:
      return { how: 'exchanged', content: alternating }
    case 8:
      return { how: 'withdrawn' }
    case 9: {
      const turn = Math.floor(number / 10)
      const kinds = broken(firstAdds)
      // Kinds and ways have no common factor: each kind comes in both ways.
      return { how: turn % 3 === 2 ? 'spoilt' : 'broken', broken: kinds[turn % kinds.length]! }
    }
    default:
      return { how: 'copied', content: alternating }
  }
}

/** Every content that may serve, by what it adds, of so many releases. */
export function contentsOf(releases: number): Content[] {
  const all = Array.from({ length: releases }, (_, number) => releaseOf(number)).flatMap(release =>
    'first' in release ? [release.first, release.content] : 'content' in release ? [release.content] : []
  )
  const known = new Map([good(firstAdds), ...all].map(content => [content.adds, content]))
  return [...known.values()]
}
