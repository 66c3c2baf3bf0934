// The TypeScript files of a folder of the project, for the checks that must not miss any.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The project's folder, seen from the compiled script. */
export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

/** Paths such as `src/http/server.ts`, sorted. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(`${projectFolder}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => `${folder}/${name}`)
    .sort()
}
