import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { ConfigError, type ConfigSources, loadSettings, processEnvironment } from '../../src/config/load.ts'

process.chdir(t.testdir({ empty: {} }))

/** Writes a settings file and returns its name. */
function file(text: string | Uint8Array, name = 'settings.yaml'): string {
  writeFileSync(name, text)
  return name
}

function problemsOf(sources: Partial<ConfigSources>): readonly string[] {
  try {
    loadSettings({ flags: {}, env: {}, ...sources })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

t.test('flags win over the environment, that over the file, that over defaults', async t => {
  const sources = {
    file: file('host: by-file\nport: 1\nmodels: [by-file]\nlog: { level: trace, slowRequestMs: 5 }\n'),
    env: { KEDGE_PORT: '2', KEDGE_MODELS: 'by-env, twice', KEDGE_LOG_LEVEL: 'warn', KEDGE_REQUIRE_AUTH: '1' },
    flags: { models: ['by-flag'], 'log-level': 'silent' }
  }
  const settings = loadSettings(sources)
  t.strictSame(settings.models, ['by-flag'])
  t.equal(settings.port, 2)
  t.equal(settings.host, 'by-file')
  t.equal(settings.stateDir, './.kedge')
  t.equal(settings.requireAuth, true)
  t.strictSame(settings.log, { level: 'silent', slowRequestMs: 5 })
  t.strictSame(loadSettings({ ...sources, flags: {} }).models, ['by-env', 'twice'])
})

t.test('kedge.yaml is read where it exists, another file only if it does', async t => {
  process.chdir(t.testdir({ 'kedge.yaml': 'port: 7', 'other.yaml': 'port: 8', 'third.yaml': 'port: 9' }))
  const port = (sources: Partial<ConfigSources>): number =>
    loadSettings({ flags: {}, env: {}, ...sources }).port
  t.equal(port({}), 7)
  t.equal(port({ env: { KEDGE_CONFIG: 'other.yaml' } }), 8)
  t.equal(port({ env: { KEDGE_CONFIG: 'other.yaml' }, file: 'third.yaml' }), 9)
  t.strictSame(problemsOf({ file: 'none.yaml' }), ['none.yaml: cannot be read (ENOENT)'])
  t.strictSame(problemsOf({ env: { KEDGE_CONFIG: 'none.yaml' } }), ['none.yaml: cannot be read (ENOENT)'])
  process.chdir(t.testdir({}))
  t.equal(port({}), 8080)
})

t.test('a default file that is there but unreadable is not overlooked', async t => {
  const folder = t.testdir({})
  process.chdir(folder)
  mkdirSync('kedge.yaml')
  t.strictSame(problemsOf({}), ['kedge.yaml: cannot be read (EISDIR)'])
  symlinkSync('loop.yaml', 'loop.yaml')
  t.strictSame(problemsOf({ file: 'loop.yaml' }), ['loop.yaml: cannot be read (ELOOP)'])
})

t.test('nothing at all, comments alone and an empty document mean the defaults', async t => {
  const defaults = loadSettings({ flags: {}, env: {} })
  for (const text of ['', '# nothing\n', '---\n', '---\n...\n', 'null', '{}', '\ufeff'])
    t.strictSame(loadSettings({ flags: {}, env: {}, file: file(text) }), defaults, JSON.stringify(text))
})

t.test('all problems are listed at once, each with its setting and where it came from', async t => {
  const problems = problemsOf({
    file: file('prot: 1\nhost: 5\nlog: { levle: info, slowRequestMs: soon }\nlimit: {}\nmodels: [a, ""]\n'),
    env: { KEDGE_PORT: '70000', KEDGE_STATEDIR: 'x', KEDGE_READINESS_REQUIRE: 'a,' },
    flags: { 'limits-json-bytes-max': '1' }
  })
  t.strictSame([...problems].sort(), [
    "KEDGE_STATEDIR: no such environment variable; did you mean 'KEDGE_STATE_DIR'?",
    'host: expected text, got 5 (from settings.yaml)',
    'limits.jsonBytesMax: expected a size from 1 KiB to 1 GiB, such as 16 MiB, got "1" (from --limits-json-bytes-max)',
    'log.slowRequestMs: expected a whole number from 1 to 3600000, got "soon" (from settings.yaml)',
    'models.1: expected text that is not empty, got "" (from settings.yaml)',
    'port: expected a whole number from 0 to 65535, got 70000 (from KEDGE_PORT)',
    'readiness.require.1: expected text that is not empty, got "" (from KEDGE_READINESS_REQUIRE)',
    "settings.yaml: no such setting: 'log.levle' (did you mean 'level'?)",
    "settings.yaml: no such setting: 'prot' (did you mean 'port'?), 'limit' (did you mean 'limits'?)"
  ])
  t.throws(() => loadSettings({ flags: { port: 'x' }, env: { KEDGE_X: '' } }), {
    name: 'ConfigError',
    message: 'the configuration has 2 problems'
  })
  t.throws(() => loadSettings({ flags: { port: 'x' }, env: {} }), {
    message: 'the configuration has 1 problem'
  })
})

t.test('a URL that is refused for the credentials in it does not show them', async t => {
  for (const url of [
    'https://me:secret@example.com/x',
    'https::secret@example.com',
    'ftp://a/secret@example.com'
  ])
    t.match(problemsOf({ env: { KEDGE_DRIFT_WEBHOOK_URL: url } }), [
      /^driftWebhook\.url: expected a URL (without|that begins).*, got "…@example\.com(\/x)?" \(from KEDGE_DRIFT_WEBHOOK_URL\)$/
    ])
  // Other settings are shown as they came.
  t.match(problemsOf({ env: { KEDGE_PORT: 'a@b' } }), [/got "a@b"/])
})

t.test('a group that is no group is a problem, and a flag still finds its place', async t => {
  t.match(problemsOf({ file: file('log: 5') }), [/^log: .*got 5 \(from settings\.yaml\)$/])
  t.match(problemsOf({ file: file('limits: [1]') }), [/^limits: .*got an array of 1/])
  t.match(problemsOf({ file: file('log:\n') }), [/^log: .*got null/])
  const settings = loadSettings({ file: file('log:\n'), env: { KEDGE_LOG_LEVEL: 'warn' }, flags: {} })
  t.equal(settings.log.level, 'warn')
})

t.test('text that is not a list of settings', async t => {
  const cases: [text: string, problem: RegExp][] = [
    ['just words', /^settings\.yaml: expected settings as `name: value` lines, got "just words"$/],
    ['5', /got 5$/],
    ['[a, b]', /got an array of 2$/],
    ['a: [', /^settings\.yaml: .* at line 1, column \d+$/],
    ['port: 1\nport: 2', /^settings\.yaml: key "port" is given twice at line 2, column 1$/],
    ['port: 1\n---\nport: 2', /multiple documents/],
    ['host: *nobody', /Unresolved alias/],
    ['\tport: 1', /[Tt]ab/],
    ['['.repeat(5000), /^settings\.yaml: /],
    ['__proto__: { port: 5 }', /no such setting: '__proto__'/],
    ['constructor: { port: 5 }', /no such setting: 'constructor'/]
  ]
  for (const [text, problem] of cases)
    t.match(problemsOf({ file: file(text) })[0], problem, JSON.stringify(text.slice(0, 32)))
  t.equal(({} as Record<string, unknown>)['port'], undefined)
})

t.test('a small text that would grow by its aliases is refused', async t => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 10; level++)
    lines.push(`a${level}: &a${level} [${new Array(10).fill(`*a${level - 1}`).join()}]`)
  t.match(problemsOf({ file: file(lines.join('\n')) }), [/^settings\.yaml: .*alias/i])
})

t.test('a file has a size limit', async t => {
  const text = `port: 7\n#${'x'.repeat(2 ** 20 - 9)}`
  t.equal(loadSettings({ flags: {}, env: {}, file: file(text) }).port, 7)
  t.strictSame(problemsOf({ file: file(`${text}x`) }), ['settings.yaml: larger than 1048576 bytes'])
})

t.test('thousands of unknown names are no work', async t => {
  const text = Array.from({ length: 50_000 }, (_, index) => `key${index}: 1`).join('\n')
  t.match(problemsOf({ file: file(text) }), [
    /^settings\.yaml: no such setting: 'key0', .*'key15' and 49984 more$/
  ])
})

t.test('variables that Kubernetes makes for Services are not settings', async t => {
  const env = {
    KEDGE_SERVICE_HOST: '10.0.0.1',
    KEDGE_SERVICE_PORT: '8080',
    KEDGE_SERVICE_PORT_HTTP: '8080',
    KEDGE_PORT: 'tcp://10.0.0.1:8080',
    KEDGE_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
    KEDGE_PORT_8080_TCP_PROTO: 'tcp',
    KEDGE_PORT_8080_TCP_PORT: '8080',
    KEDGE_PORT_8080_TCP_ADDR: '10.0.0.1',
    KEDGE_PREDICTOR_SERVICE_HOST: '10.0.0.2',
    KEDGE_PREDICTOR_SERVICE_PORT_HTTP_METRICS: '80',
    KEDGE_PREDICTOR_PORT: 'udp://10.0.0.2:80',
    KEDGE_PREDICTOR_PORT_80_UDP_ADDR: '10.0.0.2'
  }
  t.equal(loadSettings({ flags: {}, env }).port, 8080)
  t.equal(loadSettings({ flags: {}, env: { KEDGE_PORT: '81' } }).port, 81)
  for (const name of [
    'KEDGE_SERVICE',
    'KEDGE_PORTS',
    'KEDGE_METRICS_PORT',
    'KEDGE_PORT_80',
    'KEDGE_SERVICES_HOST'
  ])
    t.match(problemsOf({ env: { [name]: '80' } }), [`${name}: no such environment variable`], name)
})

t.test('variables of others, and those without a value, are not looked at', async t => {
  const env = { PORT: '1', kedge_port: '1', XKEDGE_PORT: '1', KEDGEPORT: '1', KEDGE_HOST: undefined }
  t.match(loadSettings({ flags: {}, env }), { port: 8080, host: '127.0.0.1' })
  t.equal(processEnvironment(), process.env)
})

t.test('settings cannot be changed, and one load does not touch the next', async t => {
  const settings = loadSettings({ flags: {}, env: {} })
  for (const part of [settings, settings.models, settings.log, settings.limits, settings.readiness.require])
    t.ok(Object.isFrozen(part))
  t.strictSame(loadSettings({ flags: { models: ['other'] }, env: {} }).models, ['other'])
  t.strictSame(loadSettings({ flags: {}, env: {} }).models, ['./models'])
})
