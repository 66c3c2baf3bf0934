// What this program is: known without loading any of it.
import { readFileSync } from 'node:fs'

const versionIn = (url: string | URL): string =>
  (JSON.parse(readFileSync(new URL(url), 'utf8')) as { version: string }).version

/** Kedge's own version and what it runs on. */
export const build = {
  version: versionIn(new URL('../../package.json', import.meta.url)),
  runtime: `onnxruntime ${versionIn(import.meta.resolve('onnxruntime-node/package.json'))}`,
  node: process.versions.node
} as const
