import t from 'tap'
import type { AuditLine } from './audit-log.ts'
import { identityOf, identityOfFiles } from './content.ts'
import { staysOf, unexplained } from './stays.ts'

const forever = Number.POSITIVE_INFINITY
const digests = (adds: number): Record<string, string> => ({ 'model.onnx': `content ${adds}` })
const addsOf = (identity: string): number | undefined =>
  [1, 2].find(adds => identityOf(digests(adds)) === identity)

function line(atMs: number, event: string, version: number, adds: number): AuditLine {
  return { time: new Date(atMs).toISOString(), event, model: 'm', version, digests: digests(adds) }
}

const released = [
  line(100, 'ready', 1, 1),
  { ...line(150, 'ready', 1, 2), model: 'other' },
  line(200, 'ready', 2, 2),
  line(210, 'unloaded', 1, 1),
  line(250, 'failed', 3, 1),
  line(300, 'ready', 2, 1),
  line(310, 'unloaded', 2, 2),
  line(400, 'ready', 1, 1),
  line(410, 'unloaded', 2, 1)
]

t.test('stays are read off the log, load by load', async t => {
  t.same(staysOf(released, 'm', addsOf), [
    { version: 1, adds: 1, readyMs: 100, goneMs: 210 },
    { version: 2, adds: 2, readyMs: 200, goneMs: 310 },
    { version: 2, adds: 1, readyMs: 300, goneMs: 410 },
    { version: 1, adds: 1, readyMs: 400, goneMs: forever }
  ])
})

t.test('a log that tells of what cannot be is refused', async t => {
  const cases: readonly [AuditLine, RegExp][] = [
    [line(500, 'ready', 4, 3), /expected files that somebody released/],
    [line(500, 'unloaded', 2, 1), /expected what goes to have been ready/],
    [line(500, 'unloaded', 1, 2), /expected what goes to have been ready/],
    [{ time: new Date(500).toISOString(), event: 'ready', model: 'm', version: 4 }, /expected files/]
  ]
  for (const [extra, reason] of cases) t.throws(() => staysOf([...released, extra], 'm', addsOf), reason)
})

t.test('an answer needs a version that was ready between question and answer', async t => {
  const stays = staysOf(released, 'm', addsOf)
  const cases: readonly [what: string, askedMs: number, cameMs: number, version: number, adds: number][] = [
    ['before it was ready', 190, 199, 2, 2],
    ['asked after it had gone', 211, 220, 1, 1],
    ['a content that this version had only later', 220, 230, 2, 1],
    ['a content that this version had only before', 320, 330, 2, 2],
    ['a version that never served', 220, 230, 3, 1],
    ['between two stays', 250, 260, 1, 1],
    ['numbers that do not agree', 220, 230, 2, Number.NaN]
  ]
  for (const [what, askedMs, cameMs, version, adds] of cases)
    t.equal(unexplained([{ askedMs, cameMs, version, adds }], stays).length, 1, what)
  const fine = [
    { askedMs: 205, cameMs: 215, version: 1, adds: 1 },
    { askedMs: 195, cameMs: 205, version: 2, adds: 2 },
    { askedMs: 305, cameMs: 315, version: 2, adds: 2 },
    { askedMs: 450, cameMs: 460, version: 1, adds: 1 }
  ]
  t.same(unexplained(fine, stays), [])
})

t.test('files are the same content as their digests in the log', async t => {
  const files = { 'model.onnx': 'abc', 'gate/known.yaml': 'whatever' }
  const logged = { 'model.onnx': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' }
  t.equal(identityOfFiles(files), identityOf(logged))
  t.not(identityOfFiles({ ...files, 'weights.bin': '' }), identityOf(logged))
})
