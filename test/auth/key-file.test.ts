import t from 'tap'
import { keysMax, parseKeyFile } from '../../src/auth/key-file.ts'

const hash = `scrypt$16384$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`

const key = (more = '') =>
  `keys:\n  - { id: 0123456789ab, name: app, hash: '${hash}', scopes: [predict]${more} }\n`

t.test('what a key may do', async t => {
  t.match(parseKeyFile(key()), {
    keys: [{ id: '0123456789ab', name: 'app', scopes: ['predict'], models: ['*'] }]
  })
  t.match(
    parseKeyFile(
      key(
        ", models: [iris, 'fraud-*'], expires: 2027-01-31, rate: { requestsPerSecond: 5 }, quota: { requests: 9, per: day }"
      )
    ),
    {
      keys: [
        {
          models: ['iris', 'fraud-*'],
          expires: Date.UTC(2027, 0, 31),
          rate: { requestsPerSecond: 5 },
          quota: { requests: 9, per: 'day' }
        }
      ]
    }
  )
  t.strictSame(parseKeyFile('keys: []'), { keys: [] })
})

t.test('a file that is not right is wrong as a whole, and says where; never what', async t => {
  const cases: [text: string, problem: RegExp][] = [
    ['', /keys: expected a list of keys/],
    ['keys: {}', /keys: expected a list of keys/],
    ['keys: [', /at line 1/],
    [key(', scope: [read]'), /keys\.0: unknown key scope/],
    [key(', models: [a/b]'), /keys\.0\.models\.0: expected the name of a model/],
    [key(', expires: soon'), /keys\.0\.expires: expected a date/],
    [key(', rate: { requestsPerSecond: 0 }'), /keys\.0\.rate\.requestsPerSecond: expected a number above 0/],
    [key(', quota: { requests: 1, per: year }'), /keys\.0\.quota\.per: expected hour, day, month/],
    [key().replace('[predict]', '[]'), /keys\.0\.scopes: expected at least one scope/],
    [key().replace('[predict]', '[write]'), /keys\.0\.scopes\.0: expected predict, read, admin/],
    [key().replace(hash, 'hunter2'), /keys\.0\.hash: expected scrypt/],
    [key().replace('0123456789ab', 'ABC'), /keys\.0\.id: expected twelve hexadecimal digits/],
    [key() + key().replace('keys:\n', ''), /id 0123456789ab is given twice/],
    [`keys: [${'{},'.repeat(keysMax + 1)}]`, /expected at most 10000 keys/]
  ]
  for (const [text, problem] of cases) {
    const read = parseKeyFile(text)
    if (!('problems' in read)) {
      t.fail(text.slice(0, 60))
      continue
    }
    t.match(read.problems.join('\n'), problem)
    t.notMatch(read.problems.join('\n'), /hunter2/)
  }
})
