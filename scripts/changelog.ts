// `node build/scripts/changelog.js v1.2.3` prints what CHANGELOG.md says about a version. Fails where the tag is not package.json's
// version or the changelog does not know it, so that nothing is released by a wrong tag or without a word.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectFolder } from './source-files.ts'

/** The text below a version's heading. Throws where there is none. */
export function sectionOf(changelog: string, version: string): string {
  const [, ...sections] = changelog.split(/^## /m)
  const found = sections.find(section => /^\[?([^\]\s]+)/.exec(section)?.[1] === version)
  const text = found?.slice(found.indexOf('\n')).trim() ?? ''
  if (text === '') throw new Error(`CHANGELOG.md has no section for ${version}`)
  return text
}

/** What to say about the release of a tag. Throws where the tag is not the package's version. */
export function notesOf(tag: string, changelog: string, packageVersion: string): string {
  if (tag !== `v${packageVersion}`)
    throw new Error(`package.json is at ${packageVersion}, and the tag is ${tag}`)
  return sectionOf(changelog, packageVersion)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (name: string): string => readFileSync(join(projectFolder, name), 'utf8')
  const { version } = JSON.parse(read('package.json')) as { version: string }
  process.stdout.write(`${notesOf(process.argv[2] ?? '', read('CHANGELOG.md'), version)}\n`)
}
