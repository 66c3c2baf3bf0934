// Writes openapi/openapi.json from the routes; with --check it compares instead, and fails when the file is not up to date.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../src/app.ts'
import { loadSettings } from '../src/config/load.ts'
import { projectFolder } from './source-files.ts'

const path = join(projectFolder, 'openapi', 'openapi.json')

async function generate(): Promise<string> {
  const empty = mkdtempSync(join(tmpdir(), 'kedge-openapi-'))
  try {
    const flags = { models: empty, 'state-dir': join(empty, 'state'), 'log-level': 'silent' }
    const app = await createApp(loadSettings({ flags, env: {} }))
    const answer = await app.http.inject('/openapi.json')
    await app.close()
    return `${JSON.stringify(answer.json(), null, 2)}\n`
  } finally {
    rmSync(empty, { recursive: true, force: true })
  }
}

const document = await generate()
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== document) {
    process.stderr.write('openapi/openapi.json is not what the routes say; run `npm run openapi`\n')
    process.exitCode = 1
  }
} else {
  writeFileSync(path, document)
}
