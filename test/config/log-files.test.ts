import {
  chmodSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { LogFiles, lineBytesMax } from '../../src/config/log-files.ts'
import { all } from '../helpers/all.ts'
import { asNobody } from '../helpers/nobody.ts'

const roomy = { fileBytesMax: 2 ** 20, filesMax: 4 }

const read = (folder: string, name = 'log'): string => readFileSync(join(folder, name), 'utf8')

t.test('a full log moves aside, what moved aside moves on, and the oldest is deleted', async t => {
  const folder = t.testdir({})
  const logs = new LogFiles(folder)
  const limits = { fileBytesMax: 10, filesMax: 3 }
  for (const line of ['1234', '5678']) await logs.append('log', line, limits)
  t.equal(read(folder), '1234\n5678\n', 'exactly at the limit')
  t.strictSame(readdirSync(folder), ['log'])
  await logs.append('log', '9', limits)
  t.equal(read(folder), '9\n')
  t.equal(read(folder, 'log.1'), '1234\n5678\n')
  await logs.append('log', 'much longer than the limit', limits)
  await logs.append('log', 'next', limits)
  t.strictSame(readdirSync(folder), ['log', 'log.1', 'log.2'])
  t.equal(read(folder), 'next\n')
  t.equal(read(folder, 'log.1'), 'much longer than the limit\n')
  t.equal(read(folder, 'log.2'), '9\n', 'the two oldest lines are gone')
  t.strictSame(await all(logs.newestFirst('log')), ['next', 'much longer than the limit', '9'])
})

t.test('a limit counts bytes, and a line beyond it moves no empty log', async t => {
  const folder = t.testdir({})
  const logs = new LogFiles(folder)
  const limits = { fileBytesMax: 6, filesMax: 2 }
  await logs.append('log', 'longer than that', limits)
  t.strictSame(readdirSync(folder), ['log'])
  for (const line of ['ä', 'ö']) await logs.append('log', line, limits)
  t.equal(read(folder), 'ä\nö\n')
  await logs.append('log', 'x', limits)
  t.equal(read(folder), 'x\n')
})

t.test('a single file is replaced; fewer files than before leave no old ones', async t => {
  const folder = t.testdir({ log: '12345678\n', 'log.1': 'b\n', 'log.7': 'c\n', 'log.x': 'not a part of it' })
  const logs = new LogFiles(folder)
  await logs.append('log', 'new', { fileBytesMax: 10, filesMax: 1 })
  t.strictSame(readdirSync(folder), ['log', 'log.x'])
  t.strictSame(await all(logs.newestFirst('log')), ['new'])
})

t.test('a line that was cut short is ended before the next one, also across a restart', async t => {
  const folder = t.testdir({ log: '{"a":1}\n{"a":' })
  const logs = new LogFiles(folder)
  await logs.append('log', '{"a":2}', roomy)
  t.equal(read(folder), '{"a":1}\n{"a":\n{"a":2}\n')
  await logs.append('log', '{"a":3}', roomy)
  t.equal(read(folder), '{"a":1}\n{"a":\n{"a":2}\n{"a":3}\n', 'and only once')
  const again = new LogFiles(folder)
  await again.append('log', '{"a":4}', roomy)
  t.match(read(folder), /"a":3\}\n\{"a":4\}\n$/, 'a whole line needs no mending')
})

t.test(
  'a full disk rejects; what it cut short is ended once there is room',
  { skip: process.platform !== 'linux' },
  async t => {
    const folder = t.testdir({})
    const logs = new LogFiles(folder)
    await logs.append('log', 'first', roomy)
    const whole = read(folder)
    rmSync(join(folder, 'log'))
    symlinkSync('/dev/full', join(folder, 'log'))
    await t.rejects(logs.append('log', 'lost', roomy), { code: 'ENOSPC' })
    rmSync(join(folder, 'log'))
    writeFileSync(join(folder, 'log'), `${whole}lo`)
    await logs.append('log', 'second', roomy)
    t.equal(read(folder), 'first\nlo\nsecond\n')
  }
)

t.test('lines are read from the newest, through every file, gaps included', async t => {
  const folder = t.testdir({
    log: 'f\n\ne',
    'log.1': 'd\n',
    'log.3': 'b\na-cut',
    'log.10': 'oldest\n',
    'log.01': 'x'
  })
  t.strictSame(await all(new LogFiles(folder).newestFirst('log')), ['e', 'f', 'd', 'a-cut', 'b', 'oldest'])
  t.strictSame(await all(new LogFiles(folder).newestFirst('other')), [])
  t.strictSame(await all(new LogFiles(join(folder, 'nowhere')).newestFirst('log')), [])
})

t.test('whatever the lines, they come back in order, however they lie across files and pieces', async t => {
  let name = 0
  const folder = t.testdir({})
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.integer({ min: 60_000, max: 200_000 }).map(length => 'é'.repeat(length / 2))
  )
  const lines = fc.array(
    line.filter(text => !text.includes('\n')),
    { maxLength: 8 }
  )
  await fc.assert(
    fc.asyncProperty(lines, fc.constantFrom(16, 100_000), async (lines, fileBytesMax) => {
      const log = `log${name++}`
      const logs = new LogFiles(folder)
      for (const line of lines) await logs.append(log, line, { fileBytesMax, filesMax: 100 })
      t.strictSame(await all(logs.newestFirst(log)), lines.toReversed())
    }),
    { numRuns: 50 }
  )
})

t.test('a line that nobody wrote is passed over without being kept', async t => {
  const folder = t.testdir({})
  const file = join(folder, 'log')
  writeFileSync(file, `before\n${'x'.repeat(lineBytesMax)}\n${'x'.repeat(lineBytesMax + 1)}\nafter\n`)
  const lines = await all(new LogFiles(folder).newestFirst('log'))
  t.strictSame(
    lines.map(line => line.length),
    [5, lineBytesMax, 6]
  )
  // A gigabyte of nothing, in a file with a hole.
  truncateSync(file, 2 ** 26)
  t.strictSame((await all(new LogFiles(folder).newestFirst('log'))).at(0), 'after')
})

t.test('a log that moves while it is read is read once', async t => {
  const folder = t.testdir({})
  const logs = new LogFiles(folder)
  const limits = { fileBytesMax: 4, filesMax: 9 }
  for (const line of ['a', 'b', 'c', 'd', 'e', 'f']) await logs.append('log', line, limits)
  const lines: string[] = []
  for await (const line of logs.newestFirst('log')) {
    lines.push(line)
    if (line === 'f' || line === 'c') await logs.append('log', `new after ${line}`, limits)
  }
  t.strictSame(lines, ['f', 'e', 'd', 'c', 'b', 'a'])
})

t.test('who stops reading leaves no file open', { skip: process.platform !== 'linux' }, async t => {
  const folder = t.testdir({ log: 'a\nb\nc\n' })
  const linkOf = (fd: string): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // The descriptor that listed them.
      return ''
    }
  }
  const open = (): string[] =>
    readdirSync('/proc/self/fd').filter(fd => linkOf(fd).startsWith(realpathSync(folder)))
  for await (const line of new LogFiles(folder).newestFirst('log')) {
    t.equal(line, 'c')
    t.equal(open().length, 1)
    break
  }
  t.strictSame(open(), [])
})

t.test('a file that may not be read is passed over; one that may not be written rejects', async t => {
  const folder = t.testdir({ log: 'c\n', 'log.1': 'b\n', 'log.2': 'a\n' })
  chmodSync(join(folder, 'log.1'), 0o000)
  await asNobody(async () => {
    const logs = new LogFiles(folder)
    t.strictSame(await all(logs.newestFirst('log')), ['c', 'a'])
    await t.rejects(logs.append('log', 'd', roomy), { code: 'EACCES' })
  })
})
